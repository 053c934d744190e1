// One micro-kernel of the product, included for each width of a tile: TILE
// names it, WIDTH is the lanes of its vector, COUNT the vectors across.
//
// A tile holds up to TILE_ROWS x COUNT·WIDTH elements of dst in registers and
// walks k in order: one fused multiply-add per element and step.

#define TILE_VEC PASTE_TILE(vec_, TILE)
#define TILE_UVEC PASTE_TILE(uvec_, TILE)
#define ACROSS _Pragma("GCC unroll 4") for (int v = 0; v < COUNT; v++)
#define DOWN _Pragma("GCC unroll 16") for (int i = 0; i < rows; i++)

typedef float TILE_VEC __attribute__((vector_size(4 * WIDTH)));
typedef float TILE_UVEC __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

// rows and by_columns are constants after inlining.
FORCE void PASTE_TILE(rows_, TILE)(const int rows, const int by_columns, const tile_args *g)
{
	const int64_t row_step = by_columns ? 1 : A_STRIDE, k_step = by_columns ? A_PITCH : 1;
	TILE_VEC c[TILE_ROWS][COUNT];
	float *dst = g->dst;
	const int64_t ldd = g->ldd, ldb = g->ldb;
	if (g->load) {
		DOWN ACROSS c[i][v] = (TILE_VEC) * (const TILE_UVEC *)(dst + i * ldd + v * WIDTH);
	} else {
		DOWN ACROSS c[i][v] = (TILE_VEC){0};
	}
	const float *a = g->a, *b = g->b;
	for (int64_t k = g->k; k > 0; k--) {
		TILE_VEC y[COUNT];
		ACROSS y[v] = (TILE_VEC) * (const TILE_UVEC *)(b + v * WIDTH);
		DOWN {
			TILE_VEC x = a[i * row_step] - (TILE_VEC){0};
			ACROSS c[i][v] = TILE_FMA(x, y[v], c[i][v]);
		}
		a += k_step;
		b += ldb;
	}
	if (g->bias) {
		ACROSS {
			TILE_VEC y = (TILE_VEC) * (const TILE_UVEC *)(g->bias + v * WIDTH);
			DOWN c[i][v] += y;
		}
	}
	DOWN ACROSS *(TILE_UVEC *)(dst + i * ldd + v * WIDTH) = (TILE_UVEC)c[i][v];
}

static void PASTE_TILE(tile_, TILE)(int rows, const tile_args *g)
{
	if (g->cols < COUNT * WIDTH) {
		// A partial tile is computed beside dst and its columns copied.
		float beside[TILE_ROWS * COUNT * WIDTH], bias[COUNT * WIDTH];
		tile_args whole = *g;
		const size_t n = sizeof(float) * (size_t)g->cols;
		whole.dst = beside;
		whole.ldd = whole.cols = COUNT * WIDTH;
		if (g->load)
			for (int i = 0; i < rows; i++)
				memcpy(beside + i * COUNT * WIDTH, g->dst + i * g->ldd, n);
		if (g->bias)
			whole.bias = memcpy(bias, g->bias, n);
		PASTE_TILE(tile_, TILE)(rows, &whole);
		for (int i = 0; i < rows; i++)
			memcpy(g->dst + i * g->ldd, beside + i * COUNT * WIDTH, n);
		return;
	}
	switch (rows) {
#define ROWS_CASE(n) \
	case n: \
		if (g->by_columns) \
			PASTE_TILE(rows_, TILE)(n, 1, g); \
		else \
			PASTE_TILE(rows_, TILE)(n, 0, g); \
		break;
	ROWS_CASE(1)
	ROWS_CASE(2)
	ROWS_CASE(3)
	ROWS_CASE(4)
#if TILE_ROWS >= 6
	ROWS_CASE(5)
	ROWS_CASE(6)
#endif
#if TILE_ROWS >= 14
	ROWS_CASE(7)
	ROWS_CASE(8)
	ROWS_CASE(9)
	ROWS_CASE(10)
	ROWS_CASE(11)
	ROWS_CASE(12)
	ROWS_CASE(13)
	ROWS_CASE(14)
#endif
#undef ROWS_CASE
	}
}

#undef TILE_VEC
#undef TILE_UVEC
#undef ACROSS
#undef DOWN
#undef TILE
#undef WIDTH
#undef COUNT
#undef TILE_FMA
