import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(17)
params = [
    nn.Parameter(torch.randn(16, 1)),
    nn.Parameter(torch.zeros(16)),
    nn.Parameter(torch.randn(1, 16) / 4),
    nn.Parameter(torch.zeros(1)),
]


def net(x, w):
    return F.linear(torch.tanh(F.linear(x, w[0], w[1])), w[2], w[3])


meta = torch.optim.Adam(params, lr=1e-2)
losses = []
for step in range(20):
    meta.zero_grad()
    total = 0.0
    for _ in range(3):
        amplitude, phase = torch.rand(1) * 2 + 0.5, torch.rand(1) * 3
        x, xq = torch.randn(10, 1), torch.randn(10, 1)
        y, yq = (amplitude * torch.sin(v + phase) for v in (x, xq))
        inner = F.mse_loss(net(x, params), y)
        grads = torch.autograd.grad(inner, params, create_graph=True)
        fast = [p - 0.05 * g for p, g in zip(params, grads)]
        total = total + F.mse_loss(net(xq, fast), yq)
    total.backward()
    meta.step()
    losses.append(total.item())
