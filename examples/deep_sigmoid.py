"""Deep sigmoids

Why do deep sigmoids stop learning? Twelve layers, and a twin with ways around.
"""

# expect: right >= 0.95
import torch
from torch import nn
from backlight.data import spirals

torch.manual_seed(0)
x, y = spirals(100)
depth, width = 12, 16


class Layer(nn.Module):
    def __init__(self, around):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.around = around

    def forward(self, h):
        out = torch.sigmoid(self.linear(h)) - 0.5
        return h + out if self.around else out


def make(around):
    layers = [Layer(around) for _ in range(depth)]
    return nn.Sequential(nn.Linear(2, width), *layers, nn.Linear(width, 2))


plain, residual = make(False), make(True)
opt = torch.optim.Adam([*plain.parameters(), *residual.parameters()], lr=1e-2)
loss_fn = nn.CrossEntropyLoss()

for step in range(180):
    loss_plain = loss_fn(plain(x), y)
    loss_residual = loss_fn(residual(x), y)
    opt.zero_grad()
    loss_plain.backward()
    loss_residual.backward()
    if step == 0:
        p, r = (net[1].linear.weight.grad.norm() for net in (plain, residual))
        print(f"gradient at the first layer: plain {p:.1e}, residual {r:.1e}")
    opt.step()
    if step % 20 == 0:
        print(f"{step:4d}  loss plain {loss_plain:.3f}  residual {loss_residual:.3f}")

for name, net in ("plain", plain), ("residual", residual):
    right = (net(x).argmax(1) == y).float().mean().item()
    print(f"{name}: {right:.0%} on the right side")
