import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(26)
model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, nesterov=True, momentum=0.9)
x, y = torch.rand(32, 1, 8, 8), torch.randint(0, 10, (32,))
losses = []
for step in range(10):
    x.requires_grad = True
    F.cross_entropy(model(x), y).backward()
    attacked = torch.clamp(x + 0.1 * x.grad.sign(), 0, 1).detach()
    x = x.detach()
    model.zero_grad()
    loss = F.cross_entropy(model(attacked), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
