/*
 * Runs a program with a console that has no window: with-console.exe PROGRAM ARGUMENTS...
 *
 * Where nobody has a console, each process of a pool gets one for itself, as it should (no window is to open).
 * Under Wine that is a second process for each, which is left behind, asleep, when its own process is ended
 * while it starts; and it has inherited what others wait for the end of. With a console that all of them share,
 * tests that end processes at once do not wait for ever, and processes start in half the time.
 */
#include <stdio.h>
#include <windows.h>

int wmain(void)
{
    STARTUPINFOW start = { .cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION process;
    DWORD status = 127;

    /* The command line, as it was given, without our own name. */
    WCHAR *line = GetCommandLineW();
    WCHAR end = *line == '"' ? '"' : ' ';
    while (*line && *++line != end) { }
    if (*line) ++line;
    while (*line == ' ') ++line;

    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &start, &process)) {
        fwprintf(stderr, L"with-console: %ls: error %lu\n", line, GetLastError());
        return 127;
    }
    CloseHandle(process.hThread);
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &status);
    ExitProcess(status);
}
