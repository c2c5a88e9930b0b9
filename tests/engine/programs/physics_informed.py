import torch
import torch.nn as nn

torch.manual_seed(14)
u = nn.Sequential(nn.Linear(1, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1))
optimizer = torch.optim.Adam(u.parameters(), lr=5e-3)
x = torch.linspace(0, 1, 32).unsqueeze(1).requires_grad_()
losses = []
for step in range(20):
    y = u(x)
    dy = torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)[0]
    d2y = torch.autograd.grad(dy, x, torch.ones_like(dy), create_graph=True)[0]
    residual = (d2y + (torch.pi**2) * torch.sin(torch.pi * x)).pow(2).mean()
    edges = u(torch.tensor([[0.0], [1.0]])).pow(2).sum()
    loss = residual + 10 * edges
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
