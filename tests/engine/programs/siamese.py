import torch
import torch.nn as nn

torch.manual_seed(15)
net = nn.Sequential(
    nn.Conv1d(1, 4, 3, padding=1), nn.PReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(16, 4)
)
criterion = nn.TripletMarginLoss(margin=1.0, p=2)
optimizer = torch.optim.Adagrad(net.parameters(), lr=0.05)
anchor = torch.randn(16, 1, 8)
positive, negative = anchor + 0.1 * torch.randn(16, 1, 8), torch.randn(16, 1, 8)
losses = []
for step in range(20):
    loss = criterion(net(anchor), net(positive), net(negative))
    loss = loss + nn.CosineEmbeddingLoss()(net(anchor), net(positive), torch.ones(16))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
