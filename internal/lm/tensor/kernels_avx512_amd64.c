// The kernels for AVX-512 (F, DQ, BW, VL): one native vector is 16 lanes.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512")
#endif

#include <immintrin.h>

#define ISA avx512
#define W 16
#define TILE_ROWS 14
#define TILE_VECTORS 2
#define N_FMA(a, b, c) ((vn)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define N_MAX(a, b) ((vn)_mm512_max_ps((__m512)(a), (__m512)(b)))
#define N_MIN(a, b) ((vn)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define N_SQRT(a) ((vn)_mm512_sqrt_ps((__m512)(a)))

#include "kernel_body.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
