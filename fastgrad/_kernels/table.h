/* The table of one object of kernels: symbol -> function; included behind their translated text.
 *
 * Needs: FG_TABLE, the table's name, and FG_ROWS, a file of rows {symbol, function}, which setup.py
 * writes. The level's Python module (level.h) walks the tables of all its objects.
 */
#if defined(__GNUC__)
#define FG_HIDDEN __attribute__((visibility("hidden")))
#else
#define FG_HIDDEN
#endif

typedef struct {
    const char *symbol;
    void *function;
} fg_row;

extern const fg_row FG_TABLE[] FG_HIDDEN;
const fg_row FG_TABLE[] = {
#include FG_ROWS
    {NULL, NULL},
};
