/*
 * The ISCDesk SDK's functions over iscdesk.hpp, so that a program written for the SDK compiles and runs as it is, without the
 * ISCDesk desktop program. C++11 or later, header only; link iscdesk.
 *
 * In the program, LoadLibraryA("IscdeskApi.dll") and the call of the checking entry go; `SdkInvoker invoker;` takes their
 * place. All other lines stay:
 *
 *     invoker.IscdeskFactory()->Init();                                  // options: iscdesk.json beside the program
 *     invoker->RegisterEventRecall(&example, &Example::EventRecall);
 *     invoker->GetLicenseStringRequest(devInfo);                         // answered by EVENT_LICENSE_VERIFY
 *     invoker->ShutOut();
 *
 * Access      `invoker` may be an object or a pointer. Copies of an SdkInvoker share one client; the last one ends it.
 * Results     Every function answers a ResultStatus and sets the last error of iscdesk.h. Before Init() it is
 *             ISC_ERR_INVALID_HANDLE, after ShutOut() ISC_ERR_CLOSED.
 * Strings     UTF-8, std::string or const char *; empty and NULL are the documented empty value.
 * Threads     Every function may be called from any thread, also in the event function: ShutOut() as well.
 * Exceptions  What leaves the event function is caught and told to stderr, on Windows to the debugger too, or to the third
 *             argument of RegisterEventRecall().
 *
 * Define ISCDESK_CONFIG_KEY before the include, the same for all sources of the program, to a minisign public key: Init()
 * then takes its options from a signed iscdesk.json only.
 */
#ifndef ISCDESK_SDK_INVOKER_H
#define ISCDESK_SDK_INVOKER_H
/** \file
 *  The functions of the ISCDesk SDK over iscdesk.hpp. */

#ifdef __has_include
#if __has_include("IscdeskSdkIdl.h")
#include "IscdeskSdkIdl.h"
#else
#include "../sdk/IscdeskSdkIdl.h" /* where the SDK has it */
#endif
#if __has_include("../iscdesk.hpp")
#include "../iscdesk.hpp"
#else
#include <iscdesk.hpp>
#endif
#else
#include "IscdeskSdkIdl.h"
#include <iscdesk.hpp>
#endif

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#ifdef ISCDESK_CONFIG_KEY
#define ISCDESK_SDK_KEY ISCDESK_CONFIG_KEY
#else
#define ISCDESK_SDK_KEY nullptr
#endif

#ifdef _WIN32
extern "C" __declspec(dllimport) void __stdcall OutputDebugStringA(const char *text);
#endif

/* Not for programs: may change with any version. */
namespace iscdesk_sdk {

/* An event's message as the type that an event function takes: what can be made of UTF-8. */
template <class Text> struct Message {
    static Text from(const std::string &message) { return Text(message.c_str()); }
};
template <> struct Message<std::string> {
    static const std::string &from(const std::string &message) { return message; }
};
template <> struct Message<const char *> {
    static const char *from(const std::string &message) { return message.c_str(); }
};

/* Calls an event function with the types it takes, by value or by reference. */
template <class Type, class Text, class Object, class Function>
void call(Object *object, Function function, int type, const std::string &message) {
    typename std::decay<Type>::type event = static_cast<typename std::decay<Type>::type>(type);
    typename std::decay<Text>::type text = Message<typename std::decay<Text>::type>::from(message);
    (void)(object->*function)(static_cast<Type &&>(event), static_cast<Text &&>(text));
}

inline void report(const std::string &what) {
    const std::string line = "iscdesk: an exception left the event function: " + what + "\n";
    std::fputs(line.c_str(), stderr);
#ifdef _WIN32
    OutputDebugStringA(line.c_str());
#endif
}

/* What the copies of an SdkInvoker share. The handle is a number that iscdesk looks up, so one that another thread has just
 * released does no harm. */
struct State {
    std::atomic<isc_client *> client;
    std::atomic<bool> begun; /* there was a client before */

    State() : client(nullptr), begun(false) {}
    ~State() { isc_release(client.load()); }
    State(const State &) = delete;
    State &operator=(const State &) = delete;

    /* Only one thread wins, and gives the handle back. */
    void release(isc_client *ended) {
        if (client.compare_exchange_strong(ended, nullptr))
            isc_release(ended);
    }
};

} // namespace iscdesk_sdk

class SdkInvoker;

/** What SdkInvoker::IscdeskFactory() points to; lives as long as its SdkInvoker. */
class SdkFactory {
  public:
    SdkInvoker *const invoker; /**< Whose it is. */

    /** SdkInvoker::Init(). */
    inline ResultStatus Init(const char *configKey = ISCDESK_SDK_KEY) const;

    SdkFactory(const SdkFactory &) = delete;
    SdkFactory &operator=(const SdkFactory &) = delete;

  private:
    friend class SdkInvoker;
    explicit SdkFactory(SdkInvoker *owner) : invoker(owner) {}
};

/** The functions of the SDK. */
class SdkInvoker {
  public:
    /** Without a client until Init(). */
    SdkInvoker() : state_(std::make_shared<iscdesk_sdk::State>()), factory_(this) {}
    /** Shares the client of `other`. */
    SdkInvoker(const SdkInvoker &other) : state_(other.state_), factory_(this) {}
    /** Shares the client of `other` from here on. */
    SdkInvoker &operator=(const SdkInvoker &other) {
        state_ = other.state_;
        return *this;
    }
    /** The last copy ends the client: waits for a running event function, at most 5 seconds; inside it, does not wait. */
    ~SdkInvoker() {}

    /** So that an object can be used as a pointer. */
    SdkInvoker *operator->() { return this; }
    /** The same. */
    const SdkInvoker *operator->() const { return this; }
    /** As the SDK's samples begin: `invoker.IscdeskFactory()->Init()`. */
    SdkFactory *IscdeskFactory() { return &factory_; }
    /** The same. */
    const SdkFactory *IscdeskFactory() const { return &factory_; }

    /** For the functions of iscdesk.h, such as isc_is_licensed() in an inner loop. NULL before Init() and after ShutOut(). */
    isc_client *Handle() const { return state_->client.load(); }

    /* ---- basic ---- */

    /** Starts, with the options of iscdesk.json beside the program, else beside the library. Asks nobody, returns within
     *  milliseconds. May be called again after ShutOut(); ISC_OK_ALREADY where it runs. With `"delivery": "poll"` there the
     *  event function runs inside isc_poll_events(invoker->Handle(), ...) only. */
    ResultStatus Init(const char *configKey = ISCDESK_SDK_KEY) const {
        isc_client *earlier = state_->client.load();
        if (earlier != nullptr && IsOpen(earlier))
            return ISC_OK_ALREADY;
        if (earlier != nullptr)
            state_->release(earlier); // ShutOut() in the event function has left it
        isc::Options options;
        const isc::Result loaded = configKey != nullptr ? options.load_signed(configKey) : options.load();
        if (!loaded)
            return loaded.status();
        isc_client *fresh = nullptr, *none = nullptr;
        const isc_status status = isc_init(options.handle(), &fresh);
        if (status < 0)
            return status;
        state_->begun = true;
        if (state_->client.compare_exchange_strong(none, fresh))
            return status;
        isc_release(fresh); // another thread was first
        return ISC_OK_ALREADY;
    }

    /** Sets who receives events; an earlier one is replaced. `object` has to live until ShutOut() or UnregisterEventRecall().
     *  The function takes the event as EventType or int and the message as std::string, by value or by reference, or as
     *  const char *. It runs on a thread of the library, one call at a time. */
    template <class Object, class Class, class Answer, class Type, class Text>
    ResultStatus RegisterEventRecall(Object *object, Answer (Class::*function)(Type, Text),
                                     isc::ExceptionHandler failed = iscdesk_sdk::report) const {
        return Register<Type, Text>(object, function, std::move(failed));
    }
    /** The same for a const function. */
    template <class Object, class Class, class Answer, class Type, class Text>
    ResultStatus RegisterEventRecall(Object *object, Answer (Class::*function)(Type, Text) const,
                                     isc::ExceptionHandler failed = iscdesk_sdk::report) const {
        return Register<Type, Text>(object, function, std::move(failed));
    }

    /** Nobody receives events from here on: waits for a running event function, at most 5 seconds. */
    ResultStatus UnregisterEventRecall() const { return Answered(isc_unregister_event_callback(Handle())); }

    /** Ends everything: waits for a running event function, at most 5 seconds, then no event will ever come. In the event
     *  function it does not wait and answers ISC_OK_DEFERRED: the end follows when that returns. Doing it again does no harm. */
    ResultStatus ShutOut() const {
        isc_client *client = Handle();
        const bool begun = state_->begun;
        if (client == nullptr && begun)
            return ISC_OK;
        const isc_status status = isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
        if (status == ISC_OK || status == ISC_ERR_CLOSED)
            state_->release(client);
        return status == ISC_ERR_INVALID_HANDLE && begun ? ISC_OK : status; // another thread was first
    }

    /* ---- licences ---- */

    /** Asks for the licence as a string; EVENT_LICENSE_VERIFY answers. */
    ResultStatus GetLicenseStringRequest(const char *devInfo = nullptr) const {
        return Answered(isc_request_license_string(Handle(), devInfo));
    }
    /** The same. */
    ResultStatus GetLicenseStringRequest(const std::string &devInfo) const {
        return GetLicenseStringRequest(devInfo.c_str());
    }

    /** Asks for the licence as a file; EVENT_LICENSE_VERIFY answers. */
    ResultStatus GetLicenseFileRequest(const char *fileName, const char *devInfo = nullptr) const {
        return Answered(isc_request_license_file(Handle(), fileName, devInfo));
    }
    /** The same. */
    ResultStatus GetLicenseFileRequest(const std::string &fileName, const std::string &devInfo) const {
        return GetLicenseFileRequest(fileName.c_str(), devInfo.c_str());
    }
    /** The same. */
    ResultStatus GetLicenseFileRequest(const std::string &fileName, const char *devInfo = nullptr) const {
        return GetLicenseFileRequest(fileName.c_str(), devInfo);
    }
    /** The same. */
    ResultStatus GetLicenseFileRequest(const char *fileName, const std::string &devInfo) const {
        return GetLicenseFileRequest(fileName, devInfo.c_str());
    }

    /** Tells what the program's own verification came to: true or non-zero for a good licence, else a message is needed. */
    ResultStatus LicenseVerifyNotify(int verifyResult, const char *errorMsg = nullptr) const {
        return Answered(isc_notify_license_verified(Handle(), verifyResult, errorMsg));
    }
    /** The same. */
    ResultStatus LicenseVerifyNotify(int verifyResult, const std::string &errorMsg) const {
        return LicenseVerifyNotify(verifyResult, errorMsg.c_str());
    }

    /* ---- upgrades ---- */

    /** Looks for a new version; EVENT_UPGRADENOTICE answers, then EVENT_UPDATE if there is one. */
    ResultStatus CheckNewVersions() const { return Answered(isc_check_new_versions(Handle())); }
    /** Tells what the user decided after an upgrade that is not forced was announced. */
    ResultStatus UpgradeNotify(int bUpgrade) const { return Answered(isc_upgrade_notify(Handle(), bUpgrade)); }

    /* ---- cloud files and computing: ISC_ERR_UNSUPPORTED, they need the ISCDesk desktop program ---- */

    /** isc_open_cloud_file(). */
    ResultStatus OpenCloudFile() const { return Answered(isc_open_cloud_file(Handle())); }
    /** isc_save(). */
    ResultStatus Save(const char *saveFilePath, int assembly = 0) const {
        return Answered(isc_save(Handle(), saveFilePath, assembly));
    }
    /** The same. */
    ResultStatus Save(const std::string &saveFilePath, int assembly = 0) const {
        return Save(saveFilePath.c_str(), assembly);
    }
    /** isc_select_save_as_path(). */
    ResultStatus SelectSaveAsPath(const char *filePath, int assembly = 0) const {
        return Answered(isc_select_save_as_path(Handle(), filePath, assembly));
    }
    /** The same. */
    ResultStatus SelectSaveAsPath(const std::string &filePath, int assembly = 0) const {
        return SelectSaveAsPath(filePath.c_str(), assembly);
    }
    /** isc_get_solution(). */
    ResultStatus GetSolution(const char *filePath) const { return Answered(isc_get_solution(Handle(), filePath)); }
    /** The same. */
    ResultStatus GetSolution(const std::string &filePath) const { return GetSolution(filePath.c_str()); }

    /* ---- the marketplace, which the SDK leaves to the ISCDesk desktop program. They wait for it: not on a window's thread ---- */

    /** Activates a code. */
    ResultStatus Activate(const char *license) const { return Answered(isc_activate(Handle(), license)); }
    /** The same. */
    ResultStatus Activate(const std::string &license) const { return Activate(license.c_str()); }
    /** Does today's check where it is still due; empty: of all codes. The library does it by itself as well. */
    ResultStatus Heartbeat(const char *license = nullptr) const { return Answered(isc_heartbeat(Handle(), OrAll(license))); }
    /** The same. */
    ResultStatus Heartbeat(const std::string &license) const { return Heartbeat(license.c_str()); }
    /** Asks about a code, whenever it was asked last; empty: about all. */
    ResultStatus Query(const char *license = nullptr) const { return Answered(isc_query(Handle(), OrAll(license))); }
    /** The same. */
    ResultStatus Query(const std::string &license) const { return Query(license.c_str()); }

  private:
    template <class Type, class Text, class Object, class Function>
    ResultStatus Register(Object *object, Function function, isc::ExceptionHandler failed) const {
        std::unique_ptr<isc::detail::Events> events(new isc::detail::Events);
        if (object != nullptr && function != nullptr) // else iscdesk answers ISC_ERR_INVALID_ARGUMENT
            events->handle = [object, function](int type, const std::string &message) {
                iscdesk_sdk::call<Type, Text>(object, function, type, message);
            };
        events->failed = std::move(failed);
        return Answered(isc::detail::Events::attach(Handle(), std::move(events)));
    }

    /* Nothing else tells a client that was shut down; what is held does not matter. */
    static bool IsOpen(isc_client *client) {
        const isc_status status = isc_list_licenses(client, nullptr, 0, nullptr);
        return status != ISC_ERR_CLOSED && status != ISC_ERR_INVALID_HANDLE;
    }

    static const char *OrAll(const char *license) { return license != nullptr && *license != '\0' ? license : nullptr; }

    ResultStatus Answered(isc_status status) const {
        return status == ISC_ERR_INVALID_HANDLE && state_->begun ? ISC_ERR_CLOSED : status;
    }

    std::shared_ptr<iscdesk_sdk::State> state_;
    SdkFactory factory_;
};

inline ResultStatus SdkFactory::Init(const char *configKey) const { return invoker->Init(configKey); }

#endif /* ISCDESK_SDK_INVOKER_H */
