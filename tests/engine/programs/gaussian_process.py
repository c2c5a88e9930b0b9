import torch

torch.manual_seed(19)
x = torch.linspace(0, 5, 20, dtype=torch.float64).unsqueeze(1)
y = torch.sin(x[:, 0]) + 0.1 * torch.randn(20, dtype=torch.float64)
log_scale = torch.zeros((), dtype=torch.float64, requires_grad=True)
log_length = torch.zeros((), dtype=torch.float64, requires_grad=True)
log_noise = torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.Adam([log_scale, log_length, log_noise], lr=0.05)
losses = []
for step in range(20):
    distance = torch.cdist(x, x) ** 2
    K = log_scale.exp() * torch.exp(-distance / (2 * log_length.exp() ** 2))
    K = K + (log_noise.exp() + 1e-6) * torch.eye(20, dtype=torch.float64)
    L = torch.linalg.cholesky(K)
    alpha = torch.cholesky_solve(y.unsqueeze(1), L)
    loss = 0.5 * (y @ alpha.squeeze(1)) + L.diagonal().log().sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
