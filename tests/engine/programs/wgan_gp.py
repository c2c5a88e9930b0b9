import torch
from torch import autograd, nn

torch.manual_seed(9)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(True), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.ReLU(True), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer_d = torch.optim.Adam(D.parameters(), lr=1e-2, betas=(0.5, 0.9))
optimizer_g = torch.optim.Adam(G.parameters(), lr=1e-2, betas=(0.5, 0.9))


def gradient_penalty(real, fake):
    alpha = torch.rand(real.size(0), 1).expand_as(real)
    mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    out = D(mixed)
    gradients = autograd.grad(
        outputs=out,
        inputs=mixed,
        grad_outputs=torch.ones(out.size()),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * 10


losses = []
for step in range(20):
    real = torch.randn(32, 2) + 1
    fake = G(torch.randn(32, 2)).detach()
    loss = D(fake).mean() - D(real).mean() + gradient_penalty(real, fake)
    optimizer_d.zero_grad()
    loss.backward()
    optimizer_d.step()
    losses.append(loss.item())
    if step % 5 == 4:
        optimizer_g.zero_grad()
        (-D(G(torch.randn(32, 2))).mean()).backward()
        optimizer_g.step()
