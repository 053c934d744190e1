// One micro-kernel of the product, included for each width of its tile:
// TILE names it, VECTOR is its native vector, WIDTH the lanes of that, COUNT
// the number of vectors across. TILE(name) decorates a name.
//
// A tile holds up to TILE_ROWS x COUNT·WIDTH elements of dst in registers and
// walks k in order: one fused multiply-add per element and step.

#define TILE_VEC PASTE_TILE(vec_, TILE)
#define TILE_UVEC PASTE_TILE(uvec_, TILE)

typedef float TILE_VEC __attribute__((vector_size(4 * WIDTH)));
typedef float TILE_UVEC __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

FORCE TILE_VEC PASTE_TILE(load_, TILE)(const float *x, int64_t n)
{
	if (n >= WIDTH)
		return (TILE_VEC) * (const TILE_UVEC *)x;
	TILE_VEC r = {0};
	float t[WIDTH] = {0};
	for (int64_t i = 0; i < n; i++)
		t[i] = x[i];
	memcpy(&r, t, sizeof r);
	return r;
}

FORCE void PASTE_TILE(store_, TILE)(float *x, TILE_VEC a, int64_t n)
{
	if (n >= WIDTH) {
		*(TILE_UVEC *)x = (TILE_UVEC)a;
		return;
	}
	float t[WIDTH];
	memcpy(t, &a, sizeof t);
	for (int64_t i = 0; i < n; i++)
		x[i] = t[i];
}

// rows is a constant after inlining.
FORCE void PASTE_TILE(rows_, TILE)(const int rows, const tile_args *g)
{
	TILE_VEC c[TILE_ROWS][COUNT];
	float *dst = g->dst;
	_Pragma("GCC unroll 16") for (int i = 0; i < rows; i++)
		_Pragma("GCC unroll 4") for (int v = 0; v < COUNT; v++)
			c[i][v] = g->load ? PASTE_TILE(load_, TILE)(dst + i * g->ldd + v * WIDTH, g->cols - v * WIDTH) : (TILE_VEC){0};
	const float *a = g->a, *b = g->b;
	const int64_t ldb = g->ldb;
	for (int64_t k = g->k; k > 0; k--) {
		TILE_VEC y[COUNT];
		_Pragma("GCC unroll 4") for (int v = 0; v < COUNT; v++)
			y[v] = (TILE_VEC) * (const TILE_UVEC *)(b + v * WIDTH);
		_Pragma("GCC unroll 16") for (int i = 0; i < rows; i++) {
			TILE_VEC x = (TILE_VEC){0} + a[i * A_STRIDE];
			_Pragma("GCC unroll 4") for (int v = 0; v < COUNT; v++)
				c[i][v] = TILE_FMA(x, y[v], c[i][v]);
		}
		a++;
		b += ldb;
	}
	if (g->bias) {
		TILE_VEC y[COUNT];
		_Pragma("GCC unroll 4") for (int v = 0; v < COUNT; v++)
			y[v] = PASTE_TILE(load_, TILE)(g->bias + v * WIDTH, g->cols - v * WIDTH);
		_Pragma("GCC unroll 16") for (int i = 0; i < rows; i++)
			_Pragma("GCC unroll 4") for (int v = 0; v < COUNT; v++)
				c[i][v] += y[v];
	}
	_Pragma("GCC unroll 16") for (int i = 0; i < rows; i++)
		_Pragma("GCC unroll 4") for (int v = 0; v < COUNT; v++)
			PASTE_TILE(store_, TILE)(dst + i * g->ldd + v * WIDTH, c[i][v], g->cols - v * WIDTH);
}

static void PASTE_TILE(tile_, TILE)(int rows, const tile_args *g)
{
	switch (rows) {
#define ROWS_CASE(n) case n: PASTE_TILE(rows_, TILE)(n, g); break;
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
#undef TILE
#undef WIDTH
#undef COUNT
#undef TILE_FMA
