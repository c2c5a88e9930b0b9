import torch
import torch.nn as nn

torch.manual_seed(22)
T = 50
betas = torch.linspace(1e-4, 0.02, T)
alphas_bar = torch.cumprod(1.0 - betas, dim=0)
net = nn.Sequential(nn.Linear(3, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 2))
optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
ema = [p.clone().detach() for p in net.parameters()]
angle = torch.rand(128) * 6.2832
data = torch.stack((angle.cos(), angle.sin()), dim=-1)
losses = []
for step in range(20):
    t = torch.randint(0, T, (128,))
    noise = torch.randn_like(data)
    a = alphas_bar[t].unsqueeze(-1)
    noisy = a.sqrt() * data + (1 - a).sqrt() * noise
    predicted = net(torch.cat([noisy, (t / T).unsqueeze(-1)], dim=-1))
    loss = nn.functional.mse_loss(predicted, noise)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for e, p in zip(ema, net.parameters()):
            e.mul_(0.99).add_(p, alpha=0.01)
    losses.append(loss.item())
