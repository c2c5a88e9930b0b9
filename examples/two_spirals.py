"""Two spirals

Which arm does a point belong to? A small net bends the plane until a line can tell.
"""

# expect: accuracy >= 0.97
import torch
from torch import nn
from backlight.data import spirals

torch.manual_seed(1)
x, y = spirals(200)

net = nn.Sequential(
    nn.Linear(2, 24),
    nn.Tanh(),
    nn.Linear(24, 24),
    nn.Tanh(),
    nn.Linear(24, 1),
)
opt = torch.optim.Adam(net.parameters(), lr=0.02)
loss_fn = nn.BCEWithLogitsLoss()

for step in range(400):
    logits = net(x).squeeze(1)
    loss = loss_fn(logits, y.float())
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        accuracy = ((logits > 0) == y).float().mean().item()
        print(f"{step:4d}  loss {loss:.3f}  right {accuracy:.0%}")

accuracy = ((net(x).squeeze(1) > 0) == y).float().mean().item()
print(f"{accuracy:.1%} of {len(x)} points on the right side")
