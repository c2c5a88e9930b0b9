"""Special functions on arrays, in double precision.

No tables of fitted coefficients but Lanczos' (from Numerical Recipes' published g = 7, n = 9 set, as
in Boost's and Wikipedia's text): what has an integral over a smooth periodic function is summed by
the trapezoidal rule, which converges exponentially there (Trefethen and Weideman 2014); the rest are
series where they converge and asymptotic expansions beyond (DLMF chapters 5, 6, 7, 8, 9, 10).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .table import kernel

LANCZOS = (
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7,
)  # fmt: skip
#: Bernoulli numbers B_2k.
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def double(function: Callable) -> Callable:
    """A kernel that computes in float64 and gives the dtype it was given."""

    def run(xp: Any, *arrays: Any) -> Any:
        kinds = [x.dtype for x in arrays if hasattr(x, "dtype") and x.dtype.kind == "f"]
        kind = max(kinds, key=lambda k: k.itemsize)
        given = [np.asarray(x, np.float64) if hasattr(x, "dtype") else x for x in arrays]
        return xp.asarray(function(*given).astype(kind, copy=False))

    run.__name__ = function.__name__
    run.__doc__ = function.__doc__
    return kernel(run)


@double
def lgamma_kernel(x: Any) -> Any:
    """log |gamma(x)|."""
    turned = x < 0.5
    z = np.where(turned, 1 - x, x) - 1
    total = np.full_like(z, LANCZOS[0])
    for k, c in enumerate(LANCZOS[1:], 1):
        total = total + c / (z + k)
    t = z + 7.5
    y = 0.5 * math.log(2 * math.pi) + (z + 0.5) * np.log(t) - t + np.log(total)
    # Near 1 and 2, where it is zero, the sum loses digits that the Taylor series keeps.
    y = np.where(np.isinf(x), np.inf, y)
    y = np.where(z + 1 == 1, 0.0, np.where(z + 1 == 2, 0.0, y))
    sine = np.abs(np.sin(math.pi * np.where(turned, x - np.floor(x), 0.5)))
    y = np.where(turned, math.log(math.pi) - np.log(sine) - y, y)
    y = np.where((x <= 0) & (x == np.floor(x)), np.inf, y)
    return np.where(np.isnan(x), np.nan, y)


def _digamma(x: Any) -> Any:
    turned = x < 0
    z = np.where(turned, 1 - x, x)
    y = np.zeros_like(z)
    for _ in range(10):
        small = z < 10
        y = np.where(small, y - 1 / np.where(small, z, 1), y)
        z = np.where(small, z + 1, z)
    inverse = 1 / (z * z)
    series = np.zeros_like(z)
    for k in range(len(BERNOULLI), 0, -1):
        series = (series + BERNOULLI[k - 1] / (2 * k)) * inverse
    y = y + np.log(z) - 0.5 / z - series
    share = x - np.floor(x)
    y = np.where(turned, y - math.pi / np.tan(math.pi * np.where(turned, share, 0.5)), y)
    y = np.where(x == 0, np.copysign(np.inf, -x), y)
    return np.where((x < 0) & (x == np.floor(x)), np.nan, y)


digamma_kernel = double(_digamma)
digamma_kernel.__name__ = "digamma_kernel"
kernel(digamma_kernel)


def _zeta(s: Any, q: Any) -> Any:
    """Hurwitz's zeta by Euler and Maclaurin's formula."""
    s, q = np.broadcast_arrays(s, q)
    n = 12
    whole = (q <= 0) & (q == np.floor(q))
    start = np.where(q > 0, q, 1.0)
    shift = np.where((q < 0) & ~whole, np.ceil(-np.where(q < 0, q, 0)), 0)
    total = np.zeros(np.shape(q))
    # Below zero the terms are added one by one until the argument is positive.
    for k in range(int(shift.max()) if shift.size else 0):
        active = k < shift
        total = total + np.where(
            active, np.abs(q + k) ** -s * np.where(s % 2 == 1, np.sign(q + k), 1), 0
        )
    start = np.where((q < 0) & ~whole, q + shift, start)
    for k in range(n):
        total = total + (start + k) ** -s
    end = start + n
    total = total + end ** (1 - s) / np.where(s == 1, 1, s - 1) + 0.5 * end**-s
    term = s * end ** (-s - 1)
    factorial = 2.0
    for k, b in enumerate(BERNOULLI, 1):
        total = total + b / factorial * term
        term = term * (s + 2 * k - 1) * (s + 2 * k) / (end * end)
        factorial *= (2 * k + 1) * (2 * k + 2)
    total = np.where(s == 1, np.inf, total)
    total = np.where(s < 1, np.nan, total)
    total = np.where(whole, np.inf, total)
    return np.where((q < 0) & ~whole & (s != np.floor(s)), np.nan, total)


zeta_kernel = double(_zeta)
zeta_kernel.__name__ = "zeta_kernel"
kernel(zeta_kernel)


@kernel
def polygamma_kernel(xp: Any, x: Any, n: int) -> Any:
    z = np.asarray(x, np.float64)
    if n == 0:
        y = _digamma(z)
    else:
        y = (-1.0) ** (n + 1) * math.factorial(n) * _zeta(np.float64(n + 1), z)
    return xp.asarray(y.astype(x.dtype, copy=False))


# Error functions ------------------------------------------------------------------------------


def _ndtri(p: Any) -> Any:
    """The inverse of the normal distribution function: Acklam's start, then Halley's steps."""
    a = (-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.3577518672690,
         -30.66479806614716, 2.506628277459239)  # fmt: skip
    b = (-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972,
         -13.28068155288572)  # fmt: skip
    c = (-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
         4.374664141464968, 2.938163982698783)  # fmt: skip
    d = (0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416)
    low = np.minimum(p, 1 - p)
    tail = low < 0.02425
    q = np.sqrt(-2 * np.log(np.where(low > 0, low, 1e-320)))
    far = np.polyval(c, q) / np.polyval((*d, 1), q)
    r = (p - 0.5) ** 2
    near = np.polyval(a, r) * (p - 0.5) / np.polyval((*b, 1), r)
    x = np.where(tail, np.where(p < 0.5, far, -far), near)
    from ..backend import cpu

    for _ in range(2):
        # In the smaller tail, so that no digit is lost.
        side = np.where(x < 0, 1.0, -1.0)
        tail_p = 0.5 * cpu.erfc(-side * x / math.sqrt(2))
        error = side * (tail_p - np.where(x < 0, p, 1 - p))
        u = error * math.sqrt(2 * math.pi) * np.exp(np.minimum(x * x / 2, 700))
        x = x - u / (1 + x * u / 2)
    x = np.where(p == 0, -np.inf, np.where(p == 1, np.inf, x))
    return np.where((p < 0) | (p > 1), np.nan, x)


ndtri_kernel = double(_ndtri)
ndtri_kernel.__name__ = "ndtri_kernel"
kernel(ndtri_kernel)


@double
def erfinv_kernel(x: Any) -> Any:
    from ..backend import cpu

    size = np.abs(x)
    y = np.where(size < 0.5, _ndtri((1 + x) / 2), -np.sign(x) * _ndtri((1 - size) / 2))
    y = y / math.sqrt(2)
    for _ in range(2):  # near zero the difference from one half has lost digits
        step = (cpu.erf(y) - x) * (math.sqrt(math.pi) / 2) * np.exp(np.minimum(y * y, 700))
        y = np.where(size < 0.5, y - step / (1 + y * step), y)
    y = np.where(size == 1, np.copysign(np.inf, x), y)
    return np.where(size > 1, np.nan, np.where(x == 0, x, y))


def _erfcx(x: Any) -> Any:
    from ..backend import cpu

    near = np.exp(np.minimum(x * x, 709.7)) * cpu.erfc(np.minimum(x, 25.0))
    near = np.where(x < -26.64, np.inf, near)
    r = 1 / (2 * np.where(x > 10, x, 10.0) ** 2)
    far = 1 - r * (1 - 3 * r * (1 - 5 * r * (1 - 7 * r * (1 - 9 * r * (1 - 11 * r)))))
    far = far / (np.where(x > 10, x, 10.0) * math.sqrt(math.pi))
    return np.where(x > 15, far, near)


erfcx_kernel = double(_erfcx)
erfcx_kernel.__name__ = "erfcx_kernel"
kernel(erfcx_kernel)


@double
def log_ndtr_kernel(x: Any) -> Any:
    from ..backend import cpu

    t = x / math.sqrt(2)
    low = np.log(_erfcx(np.where(x < -1, -t, 1.0)) / 2) - t * t
    return np.where(x < -1, low, np.log1p(-cpu.erfc(np.where(x < -1, 0.0, t)) / 2))


@double
def ndtr_kernel(x: Any) -> Any:
    from ..backend import cpu

    t = x / math.sqrt(2)
    return np.where(np.abs(t) < 1, 0.5 + 0.5 * cpu.erf(t), np.where(
        t > 0, 1 - 0.5 * cpu.erfc(np.abs(t)), 0.5 * cpu.erfc(np.abs(t))
    ))  # fmt: skip


# Bessel functions -----------------------------------------------------------------------------


def _trapezoid(function: Callable, x: Any, n: int) -> Any:
    """The mean of a periodic, even function of an angle from 0 to pi."""
    total = 0.5 * (function(x, 0.0) + function(x, math.pi))
    for k in range(1, n):
        total = total + function(x, math.pi * k / n)
    return total / n


def _hankel(order: int, x: Any, sign: int, terms: int = 24) -> tuple[Any, Any]:
    """The sums P and Q of the asymptotic expansions (DLMF 10.17, 10.40)."""
    mu = 4.0 * order * order
    p, q, term = np.ones_like(x), np.zeros_like(x), np.ones_like(x)
    for k in range(1, terms):
        new = term * (mu - (2 * k - 1) ** 2) / (k * 8 * x)
        term = np.where(np.abs(new) < np.abs(term), new, 0.0)
        if sign > 0:  # modified functions: all in one sum
            p = p + (-1) ** k * term
        elif k % 2:
            q = q + (-1) ** (k // 2) * term
        else:
            p = p + (-1) ** (k // 2) * term
    return p, q


def _scaled_i(order: int) -> Callable:
    """exp(-|x|) I_n(x)."""

    def run(x: Any) -> Any:
        a = np.abs(x)
        near = _trapezoid(
            lambda z, t: np.exp(z * (math.cos(t) - 1)) * math.cos(order * t),
            np.minimum(a, 400.0), 160,
        )  # fmt: skip
        large = np.where(a > 300, a, 400.0)
        far = _hankel(order, large, 1)[0] / np.sqrt(2 * math.pi * large)
        y = np.where(a > 300, far, near)
        return np.copysign(y, x) if order % 2 else y

    return run


_I = {order: _scaled_i(order) for order in (0, 1)}


def _named(name: str, function: Callable) -> Callable:
    run = double(function)
    run.__name__ = name
    return kernel(run)


i0e_kernel = _named("i0e_kernel", _I[0])
i1e_kernel = _named("i1e_kernel", _I[1])
i0_kernel = _named("i0_kernel", lambda x: _I[0](x) * np.exp(np.abs(x)))
i1_kernel = _named("i1_kernel", lambda x: _I[1](x) * np.exp(np.abs(x)))


def _j(order: int) -> Callable:
    def run(x: Any) -> Any:
        a = np.abs(x)
        near = _trapezoid(lambda z, t: np.cos(order * t - z * math.sin(t)), np.minimum(a, 30.0), 80)
        large = np.where(a > 25, a, 30.0)
        p, q = _hankel(order, large, -1)
        turn = large - (order / 2 + 0.25) * math.pi
        far = np.sqrt(2 / (math.pi * large)) * (np.cos(turn) * p - np.sin(turn) * q)
        y = np.where(a > 25, far, near)
        y = np.where(np.isinf(x), 0.0, y)
        return np.where(x < 0, -y, y) if order else y

    return run


_J = {order: _j(order) for order in (0, 1)}
j0_kernel = _named("j0_kernel", _J[0])
j1_kernel = _named("j1_kernel", _J[1])


def _y(order: int) -> Callable:
    euler = 0.57721566490153286060

    def run(x: Any) -> Any:
        z = np.where((x > 0) & (x < 18), x, 1.0).astype(np.longdouble)
        square = z * z / 4
        harmonic, term, total = np.longdouble(0), np.ones_like(z), np.zeros_like(z)
        if order == 0:
            for k in range(1, 60):
                term = -term * square / (k * k)
                harmonic = harmonic + np.longdouble(1) / k
                total = total - harmonic * term
            near = (2 / math.pi) * ((np.log(z / 2) + euler) * _J[0](np.asarray(z, float)) + total)
        else:
            term = z / 2
            psi = np.longdouble(1 - 2 * euler)  # psi(1) + psi(2)
            total = psi * term
            for k in range(1, 60):
                term = -term * square / (k * (k + 1))
                psi = psi + np.longdouble(1) / k + np.longdouble(1) / (k + 1)
                total = total + psi * term
            near = (
                -2 / (math.pi * z)
                + (2 / math.pi) * np.log(z / 2) * _J[1](np.asarray(z, float))
                - total / math.pi
            )
        large = np.where(x >= 18, x, 20.0)
        p, q = _hankel(order, large, -1)
        turn = large - (order / 2 + 0.25) * math.pi
        far = np.sqrt(2 / (math.pi * large)) * (np.sin(turn) * p + np.cos(turn) * q)
        y = np.where(x >= 18, far, near.astype(np.float64))
        return np.where(x < 0, np.nan, np.where(x == 0, -np.inf, np.where(np.isinf(x), 0.0, y)))

    return run


y0_kernel = _named("y0_kernel", _y(0))
y1_kernel = _named("y1_kernel", _y(1))


def _scaled_k(order: int) -> Callable:
    """exp(x) K_n(x), an integral of exp(-x (cosh t - 1)) cosh(n t)."""

    def run(x: Any) -> Any:
        z = np.where(x > 0, x, 1.0)
        end = np.arccosh(1 + 740 / z)
        steps = 200
        h = end / steps
        total = 0.5 * np.ones_like(z)
        for k in range(1, steps + 1):
            t = h * k
            total = total + np.exp(-z * 2 * np.sinh(t / 2) ** 2) * np.cosh(order * t)
        y = total * h
        return np.where(x < 0, np.nan, np.where(x == 0, np.inf, y))

    return run


_K = {order: _scaled_k(order) for order in (0, 1)}
k0e_kernel = _named("k0e_kernel", _K[0])
k1e_kernel = _named("k1e_kernel", _K[1])
k0_kernel = _named("k0_kernel", lambda x: _K[0](x) * np.exp(-x))
k1_kernel = _named("k1_kernel", lambda x: _K[1](x) * np.exp(-x))


@double
def airy_kernel(x: Any) -> Any:
    """Ai(x): the power series near zero, the asymptotic expansions beyond."""
    z = np.where(np.abs(x) < 6, x, 0.0).astype(np.longdouble)
    cube = z * z * z
    first, second = np.ones_like(z), z.copy()
    a, b = first.copy(), second.copy()
    for k in range(1, 60):
        first = first * cube / ((3 * k - 1) * (3 * k))
        second = second * cube / ((3 * k) * (3 * k + 1))
        a, b = a + first, b + second
    near = 0.355028053887817239260 * a - 0.258819403792806798405 * b
    large = np.where(np.abs(x) >= 6, np.abs(x), 7.0)
    zeta = 2 / 3 * large**1.5
    u, decay, even, odd = 1.0, 1.0 / zeta * 0 + 1, 1.0 / zeta * 0 + 1, 1.0 / zeta * 0
    power = 1.0 / zeta * 0 + 1
    for k in range(1, 12):
        u *= (6 * k - 5) * (6 * k - 3) * (6 * k - 1) / (216 * k * (2 * k - 1))
        power = power / zeta
        decay = decay + (-1) ** k * u * power
        if k % 2:
            odd = odd + (-1) ** (k // 2) * u * power
        else:
            even = even + (-1) ** (k // 2) * u * power
    falling = np.exp(-zeta) * decay / (2 * math.sqrt(math.pi) * large**0.25)
    turn = zeta - math.pi / 4
    waving = (np.cos(turn) * even + np.sin(turn) * odd) / (math.sqrt(math.pi) * large**0.25)
    y = np.where(x >= 6, falling, np.where(x <= -6, waving, near.astype(np.float64)))
    return np.where(np.isinf(x), np.where(x > 0, 0.0, np.nan), y)


# Incomplete gamma functions -------------------------------------------------------------------


def _incomplete(a: Any, x: Any) -> tuple[Any, Any]:
    """The lower and the upper part: a series below a + 1, Lentz's continued fraction above."""
    a, x = np.broadcast_arrays(a, x)
    good = (a > 0) & (x > 0) & np.isfinite(a) & np.isfinite(x)
    s, z = np.where(good, a, 1.0), np.where(good, x, 1.0)
    log_gamma = lgamma_kernel(np, s)
    front = np.exp(s * np.log(z) - z - log_gamma)
    low = z < s + 1
    term = 1 / s
    total = term.copy()
    zl = np.where(low, z, 0.5 * s)
    steps = int(min(4000, 80 + 12 * math.sqrt(float(s.max())))) if s.size else 0
    k = s.copy()
    for _ in range(steps):
        k = k + 1
        term = term * zl / k
        total = total + term
    lower = front * total
    zh = np.where(low, s + 2, z)
    tiny = 1e-300
    b = zh + 1 - s
    c = np.full_like(b, 1 / tiny)
    d = 1 / b
    h = d.copy()
    for i in range(1, steps):
        an = -i * (i - s)
        b = b + 2
        d = an * d + b
        d = np.where(np.abs(d) < tiny, tiny, d)
        c = b + an / c
        c = np.where(np.abs(c) < tiny, tiny, c)
        d = 1 / d
        h = h * d * c
    upper = front * h
    p = np.where(low, lower, 1 - upper)
    q = np.where(low, 1 - lower, upper)
    return _edges(a, x, p, False), _edges(a, x, q, True)


def _edges(a: Any, x: Any, y: Any, upper: bool) -> Any:
    y = np.where((x == 0) & (a > 0), float(upper), y)
    y = np.where((a == 0) & (x > 0), float(not upper), y)
    y = np.where(np.isinf(x) & np.isfinite(a), float(not upper), y)
    y = np.where(np.isinf(a) & np.isfinite(x), float(upper), y)
    bad = (a < 0) | (x < 0) | ((a == 0) & (x == 0)) | (np.isinf(a) & np.isinf(x))
    return np.where(bad | np.isnan(a) | np.isnan(x), np.nan, y)


igamma_kernel = _named("igamma_kernel", lambda a, x: _incomplete(a, x)[0])
igammac_kernel = _named("igammac_kernel", lambda a, x: _incomplete(a, x)[1])


# Polynomials ----------------------------------------------------------------------------------


def _polynomial(name: str, first: Callable, step: Callable) -> None:
    """p_0 = 1, p_1 = first(x), p_k+1 = step(k, x, p_k, p_k-1); zero below order 0."""

    def run(x: Any, n: Any) -> Any:
        x, n = np.broadcast_arrays(x, n)
        order = np.trunc(n)
        before, here = np.ones(x.shape), np.asarray(first(x), float) * np.ones(x.shape)
        y = np.where(order == 0, before, np.where(order == 1, here, 0.0))
        finite = order[np.isfinite(order)]
        most = int(min(finite.max(), 5000)) if finite.size else 0
        for k in range(1, most):
            before, here = here, step(k, x, here, before)
            y = np.where(order == k + 1, here, y)
        return y

    _named(f"{name}_kernel", run)


_TWICE = lambda k, x, p, q: 2 * x * p - q  # noqa: E731
_polynomial("chebyshev_polynomial_t", lambda x: x, _TWICE)
_polynomial("chebyshev_polynomial_u", lambda x: 2 * x, _TWICE)
_polynomial("chebyshev_polynomial_v", lambda x: 2 * x - 1, _TWICE)
_polynomial("chebyshev_polynomial_w", lambda x: 2 * x + 1, _TWICE)
_SHIFTED = lambda k, x, p, q: 2 * (2 * x - 1) * p - q  # noqa: E731
_polynomial("shifted_chebyshev_polynomial_t", lambda x: 2 * x - 1, _SHIFTED)
_polynomial("shifted_chebyshev_polynomial_u", lambda x: 2 * (2 * x - 1), _SHIFTED)
_polynomial("shifted_chebyshev_polynomial_v", lambda x: 2 * (2 * x - 1) - 1, _SHIFTED)
_polynomial("shifted_chebyshev_polynomial_w", lambda x: 2 * (2 * x - 1) + 1, _SHIFTED)
_polynomial("hermite_polynomial_h", lambda x: 2 * x, lambda k, x, p, q: 2 * x * p - 2 * k * q)
_polynomial("hermite_polynomial_he", lambda x: x, lambda k, x, p, q: x * p - k * q)
_polynomial(
    "laguerre_polynomial_l", lambda x: 1 - x,
    lambda k, x, p, q: ((2 * k + 1 - x) * p - k * q) / (k + 1),
)  # fmt: skip
_polynomial(
    "legendre_polynomial_p", lambda x: x,
    lambda k, x, p, q: ((2 * k + 1) * x * p - k * q) / (k + 1),
)  # fmt: skip
POLYNOMIALS = (
    "chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w "
    "shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v "
    "shifted_chebyshev_polynomial_w hermite_polynomial_h hermite_polynomial_he "
    "laguerre_polynomial_l legendre_polynomial_p"
).split()
