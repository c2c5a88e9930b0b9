"""Regression by hand

No layers and no optimizer: three numbers, a loss, and the update written out.
"""

# expect: error <= 0.1
import torch

torch.manual_seed(0)
x = torch.linspace(-1, 1, 100)
truth = torch.tensor([0.5, -1.0, 2.0])
y = truth[0] + truth[1] * x + truth[2] * x**2 + 0.1 * torch.randn(100)

a = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
c = torch.zeros(1, requires_grad=True)

for step in range(200):
    guess = a + b * x + c * x**2
    loss = ((guess - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        for w in (a, b, c):
            w -= 0.3 * w.grad
            w.grad = None
    if step % 20 == 0:
        print(f"{step:4d}  loss {loss:.4f}")

found = torch.stack([w.detach() for w in (a, b, c)]).squeeze()
error = (found - truth).abs().max().item()
print(f"y = {found[0]:.2f} {found[1]:+.2f} x {found[2]:+.2f} x^2, off by {error:.3f}")
