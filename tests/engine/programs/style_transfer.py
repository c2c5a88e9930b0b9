import torch
import torch.nn as nn
import torch.nn.functional as F


def gram(x):
    a, b, c, d = x.size()
    features = x.view(a * b, c * d)
    return torch.mm(features, features.t()).div(a * b * c * d)


torch.manual_seed(25)
cnn = nn.Sequential(
    nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 8, 3, padding=1)
).eval()
cnn.requires_grad_(False)
content, style = torch.rand(1, 3, 12, 12), torch.rand(1, 3, 12, 12)
image = content.clone().requires_grad_(True)
optimizer = torch.optim.Adam([image], lr=0.05)
goal_c, goal_s = cnn(content).detach(), gram(cnn(style)).detach()
losses = []
for step in range(20):
    features = cnn(image)
    loss = F.mse_loss(features, goal_c) + 1e4 * F.mse_loss(gram(features), goal_s)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        image.clamp_(0, 1)
    losses.append(loss.item())
