import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.parameter import Parameter


class GraphConvolution(nn.Module):
    def __init__(self, inside, out):
        super().__init__()
        self.weight = Parameter(torch.FloatTensor(inside, out))
        self.bias = Parameter(torch.FloatTensor(out))
        stdv = 1.0 / self.weight.size(1) ** 0.5
        self.weight.data.uniform_(-stdv, stdv)
        self.bias.data.uniform_(-stdv, stdv)

    def forward(self, x, adj):
        return (
            torch.spmm(adj, torch.mm(x, self.weight)) + self.bias
            if adj.is_sparse
            else (torch.mm(adj, torch.mm(x, self.weight)) + self.bias)
        )


torch.manual_seed(27)
edges = torch.randint(0, 20, (2, 60))
adj = torch.zeros(20, 20)
adj[edges[0], edges[1]] = 1
adj = ((adj + adj.t()) > 0).float() + torch.eye(20)
adj = adj / adj.sum(1, keepdim=True)
features, labels = torch.randn(20, 6), torch.randint(0, 3, (20,))
gc1, gc2 = GraphConvolution(6, 8), GraphConvolution(8, 3)
optimizer = torch.optim.Adam([*gc1.parameters(), *gc2.parameters()], lr=0.02, weight_decay=5e-4)
losses = []
for step in range(20):
    out = F.log_softmax(gc2(F.relu(gc1(features, adj)), adj), dim=1)
    loss = F.nll_loss(out[:12], labels[:12])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
