import torch
import torch.nn as nn
from torch.distributions import MultivariateNormal


class Coupling(nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", mask)
        self.s = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2), nn.Tanh())
        self.t = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))

    def inverse(self, x):
        kept = x * self.mask
        s, t = self.s(kept) * (1 - self.mask), self.t(kept) * (1 - self.mask)
        return (1 - self.mask) * (x - t) * torch.exp(-s) + kept, -s.sum(1)


torch.manual_seed(12)
masks = torch.tensor([[0.0, 1.0], [1.0, 0.0]] * 2)
layers = nn.ModuleList([Coupling(m) for m in masks])
prior = MultivariateNormal(torch.zeros(2), torch.eye(2))
optimizer = torch.optim.Adam(layers.parameters(), lr=5e-3)
angle = torch.rand(64) * 3.14159
x = torch.stack([torch.cos(angle), torch.sin(angle)], 1) + 0.1 * torch.randn(64, 2)
losses = []
for step in range(20):
    z, log_det = x, torch.zeros(64)
    for layer in layers:
        z, d = layer.inverse(z)
        log_det = log_det + d
    loss = -(prior.log_prob(z) + log_det).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
