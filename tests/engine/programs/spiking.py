import torch
import torch.nn as nn


class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, voltage):
        ctx.save_for_backward(voltage)
        return (voltage > 0).float()

    @staticmethod
    def backward(ctx, grad_output):
        (voltage,) = ctx.saved_tensors
        return grad_output / (10.0 * voltage.abs() + 1.0) ** 2


torch.manual_seed(24)
w1, w2 = nn.Parameter(torch.randn(10, 16) * 0.5), nn.Parameter(torch.randn(16, 2) * 0.5)
optimizer = torch.optim.Adamax([w1, w2], lr=1e-2)
spikes_in = (torch.rand(12, 8, 10) < 0.3).float()
y = torch.randint(0, 2, (8,))
losses = []
for step in range(20):
    v, out, current = torch.zeros(8, 16), torch.zeros(8, 2), torch.zeros(8, 16)
    for t in range(12):
        current = 0.8 * current + spikes_in[t] @ w1
        v = 0.9 * v + current
        s = Spike.apply(v - 1.0)
        v = v * (1 - s.detach())
        out = 0.9 * out + s @ w2
    loss = nn.functional.cross_entropy(out, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
