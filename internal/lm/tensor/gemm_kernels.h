// The matrix product.
//
// Each element of dst is one chain of fused multiply-adds over k in ascending
// order, from zero or, when accumulating, from dst; blocks of k continue the
// chain from dst. So the bits depend on nothing else: not on tiles, blocks,
// threads or neighbouring rows.
//
// The shape is that of Goto and van de Geijn (ACM TOMS 34, 2008): a block of b
// is packed into panels as wide as a tile, and stays in the second-level
// cache; a panel of a, as high as a tile, is copied into the first-level cache;
// a micro-kernel (gemm_tile.h) keeps a tile of dst in registers.

#define BLOCK_K 256
#define A_STRIDE (BLOCK_K + 16)  // floats between rows of a panel of a; not a power of two, so that rows fall into different sets
#define A_PITCH ((TILE_ROWS + W - 1) / W * W) // floats between columns, where the panel lies by columns
#define PANEL (TILE_VECTORS * W) // columns of a full tile
#define BLOCK_N ((512 / PANEL) * PANEL)
#define DIRECT_ROWS (TILE_ROWS) // up to here packing b costs more than it saves

_Static_assert(sizeof(float) * (A_PITCH * A_STRIDE + (BLOCK_K + W) * BLOCK_N) <= SCRATCH_BYTES, "scratch is too small");

typedef struct {
	float *dst;
	const float *a, *b, *bias;
	int64_t ldd, ldb, k, cols;
	int load, by_columns;
} tile_args;

#define PASTE_TILE_(a, b) a##b
#define PASTE_TILE(a, b) PASTE_TILE_(a, b)

#if W == 16
// Half a vector, for products with at most 8 columns.
#define TILE half
#define WIDTH 8
#define COUNT 1
#define TILE_FMA(a, b, c) ((vec_half)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#include "gemm_tile.h"
#endif

#define TILE one
#define WIDTH W
#define COUNT 1
#define TILE_FMA(a, b, c) n_fma(a, b, c)
#include "gemm_tile.h"

#if TILE_VECTORS >= 2
#define TILE two
#define WIDTH W
#define COUNT 2
#define TILE_FMA(a, b, c) n_fma(a, b, c)
#include "gemm_tile.h"
#endif

#if TILE_VECTORS >= 4
#define TILE four
#define WIDTH W
#define COUNT 4
#define TILE_FMA(a, b, c) n_fma(a, b, c)
#include "gemm_tile.h"
#endif

// tile runs the narrowest micro-kernel that covers the columns.
FORCE void tile(int rows, const tile_args *g)
{
#if W == 16
	if (g->cols <= 8) {
		tile_half(rows, g);
		return;
	}
#endif
	if (g->cols <= W) {
		tile_one(rows, g);
		return;
	}
#if TILE_VECTORS >= 4
	if (g->cols > 2 * W) {
		tile_four(rows, g);
		return;
	}
#endif
	tile_two(rows, g);
}

// square_transpose transposes W vectors of W lanes in registers: step s swaps
// the bit s of row and lane.
#define SWAP(s, low, high) \
	_Pragma("GCC unroll 16") for (int i = 0; i < W; i++) \
		if (!(i & s)) { \
			vn a = r[i], b = r[i | s]; \
			r[i] = __builtin_shufflevector(a, b, low); \
			r[i | s] = __builtin_shufflevector(a, b, high); \
		}
#define LIST(...) __VA_ARGS__
#if W == 4
#define SQUARE_TRANSPOSE \
	SWAP(1, LIST(0, 4, 2, 6), LIST(1, 5, 3, 7)) \
	SWAP(2, LIST(0, 1, 4, 5), LIST(2, 3, 6, 7))
#elif W == 8
#define SQUARE_TRANSPOSE \
	SWAP(1, LIST(0, 8, 2, 10, 4, 12, 6, 14), LIST(1, 9, 3, 11, 5, 13, 7, 15)) \
	SWAP(2, LIST(0, 1, 8, 9, 4, 5, 12, 13), LIST(2, 3, 10, 11, 6, 7, 14, 15)) \
	SWAP(4, LIST(0, 1, 2, 3, 8, 9, 10, 11), LIST(4, 5, 6, 7, 12, 13, 14, 15))
#else
#define SQUARE_TRANSPOSE \
	SWAP(1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30), \
	     LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31)) \
	SWAP(2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29), \
	     LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)) \
	SWAP(4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27), \
	     LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)) \
	SWAP(8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23), \
	     LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#endif

// copy_transposed writes dst[c·ldd + r] = x[r·ldx + c]. dst has room for whole
// squares: columns r up to the next multiple of W (zeros are written there)
// and rows c likewise.
FORCE void copy_transposed(float *dst, int64_t ldd, const float *x, int64_t ldx, int64_t rows, int64_t cols)
{
	for (int64_t r0 = 0; r0 < rows; r0 += W)
		for (int64_t c0 = 0; c0 < cols; c0 += W) {
			vn r[W];
			if (rows - r0 >= W && cols - c0 >= W) {
				_Pragma("GCC unroll 16") for (int i = 0; i < W; i++)
					r[i] = n_load(x + (r0 + i) * ldx + c0);
			} else {
				float t[W][W];
				memset(t, 0, sizeof t);
				for (int64_t i = 0; i < W && r0 + i < rows; i++)
					for (int64_t j = 0; j < W && c0 + j < cols; j++)
						t[i][j] = x[(r0 + i) * ldx + c0 + j];
				_Pragma("GCC unroll 16") for (int i = 0; i < W; i++)
					r[i] = n_load(t[i]);
			}
			SQUARE_TRANSPOSE
			_Pragma("GCC unroll 16") for (int i = 0; i < W; i++)
				n_store(dst + (c0 + i) * ldd + r0, r[i]);
		}
}

// pack_b writes k x n elements of b, starting at its given corner, as panels
// [n/PANEL][stride_k][PANEL], padded with zeros to whole panels.
static void pack_b(float *to, const float *b, int64_t ldb, int tb, int64_t k, int64_t stride_k, int64_t n)
{
	for (int64_t j = 0; j < n; j += PANEL, to += stride_k * PANEL) {
		int64_t cols = n - j < PANEL ? n - j : PANEL;
		if (tb) {
			if (cols < PANEL)
				memset(to, 0, sizeof(float) * (size_t)(k * PANEL));
			copy_transposed(to, PANEL, b + j * ldb, ldb, cols, k);
			continue;
		}
		const float *from = b + j;
		if (cols == PANEL) {
			for (int64_t i = 0; i < k; i++)
				_Pragma("GCC unroll 4") for (int v = 0; v < TILE_VECTORS; v++)
					n_store(to + i * PANEL + v * W, n_load(from + i * ldb + v * W));
			continue;
		}
		for (int64_t i = 0; i < k; i++) {
			memset(to + i * PANEL, 0, sizeof(float) * PANEL);
			memcpy(to + i * PANEL, from + i * ldb, sizeof(float) * (size_t)cols);
		}
	}
}

// pack_a copies rows x k elements of a: into rows A_STRIDE apart, or, if a is
// transposed, into columns A_PITCH apart, reading up to room >= rows in each.
FORCE void pack_a(float *to, const float *a, int64_t lda, int ta, int64_t rows, int64_t room, int64_t k)
{
	if (!ta) {
		for (int64_t i = 0; i < rows; i++)
			memcpy(to + i * A_STRIDE, a + i * lda, sizeof(float) * (size_t)k);
		return;
	}
	if (room >= A_PITCH) {
		for (int64_t i = 0; i < k; i++)
			_Pragma("GCC unroll 2") for (int v = 0; v < A_PITCH; v += W)
				n_store(to + i * A_PITCH + v, n_load(a + i * lda + v));
		return;
	}
	for (int64_t i = 0; i < k; i++)
		memcpy(to + i * A_PITCH, a + i * lda, sizeof(float) * (size_t)rows);
}

#include "gemm_thin.h"

static void add_or_clear(const gemm_args *g)
{
	for (int64_t i = 0; i < g->m; i++) {
		float *row = g->dst + i * g->ldd;
		if (!g->acc)
			fill(row, 0.0f, g->n);
		if (g->bias)
			binary(OP_ADD, row, row, g->bias, g->n);
	}
}

// gemm computes the whole product; scratch has SCRATCH_BYTES.
static void gemm(const gemm_args *g, float *scratch)
{
	if (g->k == 0) {
		add_or_clear(g);
		return;
	}
	if (g->m <= THIN_ROWS) {
		thin_gemm(g);
		return;
	}
	float *a_panel = scratch;
	float *packed = scratch + A_PITCH * A_STRIDE;
	// Panels of nearly equal height: no thin remainder.
	const int64_t panels = (g->m + TILE_ROWS - 1) / TILE_ROWS;
	for (int64_t j0 = 0; j0 < g->n; j0 += BLOCK_N) {
		const int64_t n = g->n - j0 < BLOCK_N ? g->n - j0 : BLOCK_N;
		const int direct = !g->tb && g->m <= DIRECT_ROWS;
		const int64_t whole = direct ? n - n % PANEL : 0; // columns read in place
		for (int64_t k0 = 0; k0 < g->k; k0 += BLOCK_K) {
			const int64_t k = g->k - k0 < BLOCK_K ? g->k - k0 : BLOCK_K;
			const float *b = g->tb ? g->b + j0 * g->ldb + k0 : g->b + k0 * g->ldb + j0;
			pack_b(packed, b + whole, g->ldb, g->tb, k, k, n - whole);
			for (int64_t p = 0; p < panels; p++) {
				const int64_t i0 = g->m * p / panels, i1 = g->m * (p + 1) / panels;
				const float *a = g->ta ? g->a + k0 * g->lda + i0 : g->a + i0 * g->lda + k0;
				pack_a(a_panel, a, g->lda, g->ta, i1 - i0, g->m - i0, k);
				tile_args t = {.a = a_panel, .by_columns = g->ta, .ldd = g->ldd, .k = k, .load = g->acc || k0 > 0};
				for (int64_t j = 0; j < n; j += PANEL) {
					t.dst = g->dst + i0 * g->ldd + j0 + j;
					t.cols = n - j < PANEL ? n - j : PANEL;
					t.b = j < whole ? b + j : packed + (j - whole) * k;
					t.ldb = j < whole ? g->ldb : PANEL;
					t.bias = g->bias && k0 + k == g->k ? g->bias + j0 + j : 0;
					tile((int)(i1 - i0), &t);
				}
			}
		}
	}
}
