"""Samples of the families that are loaded on first use: special functions, factors, transforms."""

from __future__ import annotations

from typing import Any

SQUARE = (3, 3)


def _named(path: str, *args: Any, low: float | None = None) -> Any:
    """A function of `torch` by its path."""

    def call(t: Any, *inputs: Any) -> Any:
        function = t
        for part in path.split("."):
            function = getattr(function, part)
        return function(*inputs, *args)

    return call


def _regular(t: Any, x: Any) -> Any:
    """A well-conditioned square matrix."""
    return x + 3 * t.eye(x.shape[-1], dtype=x.dtype)


def _positive(t: Any, x: Any) -> Any:
    y = _regular(t, x)
    return y @ y.mT


def _on(make: Any, use: Any) -> Any:
    return lambda t, x, *rest: use(t, make(t, x), *rest)


ONE = ((2, 3),)
#: By name: function, shapes of the inputs, and the range of their values where it matters.
LATER: dict[str, tuple[Any, ...]] = {
    **{
        name: (_named(name), ONE)
        for name in "lgamma digamma i0 sinc deg2rad rad2deg angle erfinv logit".split()
    },
    **{
        f"special.{name}": (_named(f"special.{name}"), ONE)
        for name in "erfcx ndtr log_ndtr i0e i1 i1e entr".split()
    },
    # PyTorch's trigamma is good to 5e-10 (SciPy's and ours differ by 1e-15).
    "digamma": (_named("digamma"), ONE, 0.2, 1.8, 1e-9),
    "erfinv": (_named("erfinv"), ONE, -0.8, 0.8),
    "logit": (_named("logit"), ONE, 0.1, 0.9),
    "special.ndtri": (_named("special.ndtri"), ONE, 0.1, 0.9),
    "polygamma": (lambda t, x: t.polygamma(1, x), ONE, 0.2, 1.8, 1e-8),
    "special.zeta": (
        lambda t, x: t.special.zeta(t.tensor(3.0, dtype=x.dtype), x), ONE
    ),
    "igamma": (lambda t, x: t.igamma(t.tensor(1.5, dtype=x.dtype), x), ONE),
    "igammac": (lambda t, x: t.igammac(t.tensor(1.5, dtype=x.dtype), x), ONE),
    "copysign": (lambda t, x: t.copysign(x, t.tensor(-1.0, dtype=x.dtype)) * x, ONE),
    "logaddexp2": (_named("logaddexp2"), ((2, 3), (3,))),
    "inv": (_on(_regular, lambda t, a: t.linalg.inv(a)), (SQUARE,)),
    "solve": (_on(_regular, lambda t, a, b: t.linalg.solve(a, b)), (SQUARE, (3, 2))),
    "solve_triangular": (
        _on(_regular, lambda t, a, b: t.linalg.solve_triangular(a, b, upper=True)),
        (SQUARE, (3, 2)),
    ),
    "cholesky": (_on(_positive, lambda t, a: t.linalg.cholesky(a)), (SQUARE,)),
    "eigh": (
        _on(_positive, lambda t, a: t.linalg.eigh(a)[0] + t.linalg.eigh(a)[1].abs()), (SQUARE,)
    ),
    "svd": (
        lambda t, x: sum(part.abs().sum() for part in t.linalg.svd(x, False)), ((3, 2),)
    ),
    "svdvals": (_named("linalg.svdvals"), ((3, 2),)),
    "qr": (lambda t, x: t.linalg.qr(x)[0].abs() @ t.linalg.qr(x)[1].abs(), ((3, 2),)),
    "lu": (_on(_regular, lambda t, a: t.linalg.lu(a)[1] + t.linalg.lu(a)[2]), (SQUARE,)),
    "det": (_on(_regular, lambda t, a: t.linalg.det(a)), (SQUARE,)),
    "slogdet": (_on(_regular, lambda t, a: t.linalg.slogdet(a)[1]), (SQUARE,)),
    "pinv": (_named("linalg.pinv"), ((3, 2),)),
    "matrix_exp": (lambda t, x: t.linalg.matrix_exp(x * 0.3), (SQUARE,)),
    "cdist": (_named("cdist"), ((3, 2), (2, 2))),
    "fft": (lambda t, x: t.fft.fft(x, 4).abs(), ONE),
    "rfft": (lambda t, x: t.fft.rfft2(x).abs(), ONE),
    "irfft": (lambda t, x: t.fft.irfft(t.fft.fft(x), 5), ONE),
    "stft": (
        lambda t, x: t.stft(x, 4, 2, window=t.hann_window(4, dtype=x.dtype), return_complex=True).abs(),
        ((12,),),
    ),
    "scatter_reduce": (
        lambda t, x, y: x.scatter_reduce(1, t.tensor([[0, 0], [2, 1]]), y, "amax"),
        ((2, 3), (2, 2)),
    ),
    "quantile": (lambda t, x: t.quantile(x, 0.3, 1), ONE),
    "logcumsumexp": (_named("logcumsumexp", 1), ONE),
    "masked.var": (
        lambda t, x: t.masked.var(x, 1, True, mask=t.tensor([[True, False, True]] * 2)), ONE
    ),
}  # fmt: skip
