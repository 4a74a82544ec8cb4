/* The documented flow of the ISCDesk SDK, on this library:  mirror [authorization code]
 *
 * Against a program written for the SDK two things differ: `SdkInvoker invoker;` stands where the original DLL was loaded and
 * its checking entry called, and the code can be activated by the program itself. It needs iscdesk.json beside it. */
#include <compat/SdkInvoker.h>

#include <atomic>
#include <cstdio>
#include <string>
#ifdef _WIN32
#include <windows.h>
#else
#include <time.h>
#endif

enum { PATIENCE_MS = 40000, STEP_MS = 10 };

static void sleep_ms(int ms) {
#ifdef _WIN32
    Sleep(static_cast<DWORD>(ms));
#else
    struct timespec time;
    time.tv_sec = 0;
    time.tv_nsec = ms * 1000000L;
    nanosleep(&time, nullptr);
#endif
}

/* The event function runs on a thread of the library, so it only takes down what came. A program with windows would post a
 * message to them. */
class Example {
  public:
    Example() : verified_(false) {}

    void EventRecall(EventType type, const std::string &message) {
        std::printf("event %d: %s\n", static_cast<int>(type), message.c_str());
        if (type == EVENT_LICENSE_VERIFY) {
            verify_ = message;
            verified_ = true;
        }
    }

    /* Waits until EVENT_LICENSE_VERIFY has come. Whether the marketplace can be reached or not, it comes. */
    bool WaitForVerify() const {
        for (int waited = 0; !verified_ && waited < PATIENCE_MS; waited += STEP_MS)
            sleep_ms(STEP_MS);
        return verified_;
    }

    const std::string &Verify() const { return verify_; }

  private:
    std::atomic<bool> verified_;
    std::string verify_;
};

static std::string LastError() {
    char text[1024];
    isc_last_error_message(text, sizeof text, nullptr);
    return text;
}

/* Where a program verifies the licence as it always did: by the fields of the message. */
static bool IsGood(const std::string &verify) {
    return verify.find("\"Status\":\"success\"") != std::string::npos &&
           verify.find("\"LicenseContent\":\"") != std::string::npos;
}

int main(int argc, char **argv) {
    SdkInvoker invoker; /* was: LoadLibraryA, IscdeskSdkCheckingEntry */
    Example example;

    if (invoker.IscdeskFactory()->Init() < 0) {
        std::fprintf(stderr, "Init: %s\n", LastError().c_str());
        return 2;
    }
    invoker->RegisterEventRecall(&example, &Example::EventRecall);

    /* New: the ISCDesk desktop program did this for the user. */
    if (argc > 1 && invoker->Activate(argv[1]) < 0)
        std::fprintf(stderr, "Activate: %s\n", LastError().c_str());

    const std::string devInfo; /* not needed: the documented empty value */
    invoker->GetLicenseStringRequest(devInfo);
    if (!example.WaitForVerify()) {
        std::fprintf(stderr, "no EVENT_LICENSE_VERIFY\n");
        return 3;
    }
    const bool verifyResult = IsGood(example.Verify());
    const std::string errorMsg = verifyResult ? "" : "there is no usable licence";
    invoker->LicenseVerifyNotify(verifyResult, errorMsg);

    const ResultStatus newVersions = invoker->CheckNewVersions();
    if (newVersions < 0)
        std::printf("CheckNewVersions answers %d: %s\n", static_cast<int>(newVersions), LastError().c_str());

    std::printf("%s\n", verifyResult ? "licensed" : "not licensed");
    const ResultStatus ended = invoker->ShutOut();
    std::printf("ShutOut answers %d\n", static_cast<int>(ended));
    return verifyResult && ended == ISC_OK ? 0 : 1;
}
