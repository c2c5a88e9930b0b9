"""Families of operations that are loaded when one of their names is first used.

Most programs use none of them, and the start in the browser is paid for by what is imported. A test
compares this with what the modules declare.
"""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """What a module of this folder declares; all are names with a space between two."""

    both: str = ""  # functions of `torch` that are methods of Tensor, too
    functions: str = ""  # functions of `torch` only
    methods: str = ""  # methods only, in-place ones, too
    own: str = ""  # rows and functions that only the engine's own modules name


LATER: dict[str, Names] = {
    "strided": Names(
        both=(
            "as_strided as_strided_scatter diagonal_scatter narrow_copy resize_as_ "
            "resolve_conj resolve_neg select_scatter slice_scatter"
        ),
        functions=(
            "alias_copy as_strided_copy detach_copy diagonal_copy expand_copy permute_copy "
            "select_copy split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy "
            "unbind_copy unfold_copy unsqueeze_copy view_as_complex view_as_complex_copy "
            "view_as_real view_as_real_copy view_copy"
        ),
        methods="as_strided_ resize_ unfold",
        own="_as_strided _as_strided_gradient _view_as_complex _view_as_real",
    ),
    "rearrange": Names(
        both=(
            "adjoint combinations diagflat diff dsplit fill fliplr flipud hsplit index_put "
            "put renorm rot90 split_with_sizes sum_to_size take tensor_split unsafe_chunk "
            "unsafe_split unsafe_split_with_sizes vsplit"
        ),
        functions=(
            "atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes cartesian_prod "
            "column_stack cumulative_trapezoid dstack gradient trapezoid trapz unravel_index "
            "vander"
        ),
        methods="put_ renorm_",
    ),
    "statistics": Names(
        both=(
            "aminmax bincount corrcoef cov cummax cummin dist histc histogram index_copy "
            "index_fill index_reduce kthvalue logcumsumexp masked_scatter mode msort nanmean "
            "nanmedian nanquantile nansum nonzero_static quantile scatter_reduce std_mean "
            "trace unique unique_consecutive"
        ),
        functions="bucketize histogramdd isin searchsorted segment_reduce",
        methods="index_copy_ index_fill_ index_reduce_ masked_scatter_ scatter_reduce_",
        own="_segment_reduce",
    ),
    "factors": Names(
        own=("_cholesky _cofactor _det _eig _eigh _inv _lu _qr _slogdet _solve _svd _triangular"),
    ),
    "products": Names(
        both=(
            "addbmm addr cholesky cholesky_inverse cholesky_solve cross det geqrf inner kron "
            "logdet lu lu_solve matrix_exp matrix_power orgqr ormqr pinverse qr slogdet svd "
            "triangular_solve vdot"
        ),
        functions=(
            "cdist chain_matmul inverse lu_unpack nuclear_norm pca_lowrank svd_lowrank tensordot"
        ),
        methods="addbmm_ addr_",
    ),
    "elementary": Names(
        both=(
            "angle bitwise_left_shift bitwise_right_shift clamp_max clamp_min copysign "
            "deg2rad digamma erfinv float_power frexp gcd heaviside i0 igamma igammac "
            "isneginf isposinf isreal lcm ldexp lgamma logaddexp2 logit mvlgamma nextafter "
            "rad2deg sinc"
        ),
        functions="complex polar polygamma",
        methods=(
            "bitwise_left_shift_ bitwise_right_shift_ clamp_max_ clamp_min_ copysign_ "
            "deg2rad_ digamma_ erfinv_ float_power_ gcd_ heaviside_ i0_ igamma_ igammac_ lcm_ "
            "ldexp_ lgamma_ logaddexp2_ logit_ mvlgamma_ nextafter_ rad2deg_ sinc_"
        ),
        own=(
            "_airy_ai _bessel_j0 _bessel_j1 _bessel_y0 _bessel_y1 _chebyshev_polynomial_t "
            "_chebyshev_polynomial_u _chebyshev_polynomial_v _chebyshev_polynomial_w _erfcx "
            "_hermite_polynomial_h _hermite_polynomial_he _i0e _i1 _i1e "
            "_laguerre_polynomial_l _legendre_polynomial_p _log_ndtr _modified_bessel_i0 "
            "_modified_bessel_i1 _modified_bessel_k0 _modified_bessel_k1 _ndtr _ndtri "
            "_polygamma _scaled_modified_bessel_k0 _scaled_modified_bessel_k1 "
            "_shifted_chebyshev_polynomial_t _shifted_chebyshev_polynomial_u "
            "_shifted_chebyshev_polynomial_v _shifted_chebyshev_polynomial_w _zeta"
        ),
    ),
    "special_kernels": Names(),
    "windows": Names(
        both="istft stft",
        functions="bartlett_window blackman_window hamming_window hann_window kaiser_window",
    ),
    "natives": Names(
        functions=(
            "constant_pad_nd empty_permuted empty_strided grid_sampler_2d grid_sampler_3d "
            "native_batch_norm native_group_norm native_layer_norm"
        ),
        methods="__rdiv__ new_empty_strided",
    ),
}

#: Where each name is.
MODULE_OF: dict[str, str] = {
    name: module for module, names in LATER.items() for name in " ".join(names).split()
}

#: What `torch` itself has of them, and what Tensor has.
TOP_LATER = frozenset(
    n for names in LATER.values() for n in f"{names.both} {names.functions}".split()
)
METHODS_LATER = [n for names in LATER.values() for n in f"{names.both} {names.methods}".split()]
