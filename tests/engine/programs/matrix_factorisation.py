import torch


class MF(torch.nn.Module):
    def __init__(self, users, items, k):
        super().__init__()
        self.user, self.item = torch.nn.Embedding(users, k), torch.nn.Embedding(items, k)
        self.user_bias, self.item_bias = torch.nn.Embedding(users, 1), torch.nn.Embedding(items, 1)
        self.user.weight.data.uniform_(-0.1, 0.1)
        self.item.weight.data.uniform_(-0.1, 0.1)

    def forward(self, u, i):
        dot = (self.user(u) * self.item(i)).sum(1, keepdim=True)
        return (dot + self.user_bias(u) + self.item_bias(i)).squeeze()


torch.manual_seed(21)
model = MF(20, 30, 5)
u, i, r = torch.randint(20, (200,)), torch.randint(30, (200,)), torch.randint(1, 6, (200,)).float()
optimizer = torch.optim.Adamax(model.parameters(), lr=2e-2, weight_decay=1e-4)
losses = []
for step in range(20):
    loss = torch.nn.MSELoss()(model(u, i), r)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
