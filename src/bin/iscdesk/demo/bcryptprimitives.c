/* wine 8 has no bcryptprimitives.dll, which every Windows has: the only function of it that Rust's library asks for. */
#include <windows.h>
/* After windows.h. */
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return RtlGenRandom(data, (ULONG)size); }
