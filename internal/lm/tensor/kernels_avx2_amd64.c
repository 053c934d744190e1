// The kernels for AVX2 with FMA: one native vector is 8 lanes.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#include <immintrin.h>

#define ISA avx2
#define W 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define N_FMA(a, b, c) ((vn)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define N_MAX(a, b) ((vn)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define N_MIN(a, b) ((vn)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define N_SQRT(a) ((vn)_mm256_sqrt_ps((__m256)(a)))

#include "kernel_body.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
