import math

import torch
import torch.nn as nn

torch.manual_seed(23)
hidden = nn.Sequential(nn.Linear(1, 20), nn.Tanh())
z_pi, z_mu, z_sigma = (nn.Linear(20, 4) for _ in range(3))
params = [p for m in (hidden, z_pi, z_mu, z_sigma) for p in m.parameters()]
optimizer = torch.optim.RAdam(params, lr=1e-2)
y = torch.rand(100, 1) * 15 - 7.5
x = torch.sin(0.75 * y) * 7 + y * 0.5 + torch.randn(100, 1)
losses = []
for step in range(20):
    h = hidden(x)
    pi, mu, sigma = torch.softmax(z_pi(h), -1), z_mu(h), torch.exp(z_sigma(h))
    density = torch.exp(-0.5 * ((y - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
    loss = -torch.log((pi * density).sum(1) + 1e-8).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
