import torch

torch.manual_seed(18)
x = torch.linspace(-2, 2, 40, dtype=torch.float64)
y = torch.exp(-x * x) * torch.cos(3 * x) + 0.01 * torch.randn(40, dtype=torch.float64)
w = torch.tensor([1.0, 0.5, 2.0, 0.1], dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.LBFGS([w], lr=0.5, max_iter=4, line_search_fn="strong_wolfe")
losses = []


def closure():
    optimizer.zero_grad()
    model = w[0] * torch.exp(-w[1] * x * x) * torch.cos(w[2] * x) + w[3]
    loss = ((model - y) ** 2).mean()
    loss.backward()
    losses.append(loss.item())
    return loss


for step in range(5):
    optimizer.step(closure)
