import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(16)
teacher = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 5)).eval()
for p in teacher.parameters():
    p.requires_grad = False
student = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 5))
optimizer = torch.optim.NAdam(student.parameters(), lr=1e-2)
x, y, T = torch.randn(48, 8), torch.randint(0, 5, (48,)), 4.0
losses = []
for step in range(20):
    s = student(x)
    with torch.no_grad():
        t = teacher(x)
    soft = F.kl_div(F.log_softmax(s / T, 1), F.softmax(t / T, 1), reduction="batchmean") * T * T
    loss = 0.7 * soft + 0.3 * F.cross_entropy(s, y, label_smoothing=0.1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
