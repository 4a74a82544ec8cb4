/*
 * iscdesk for C++: isc::Options, isc::Client and isc::Result over iscdesk.h. C++11 or later, header only.
 *
 * What a call does, what it answers, how long it takes and on which thread it may be made is told in iscdesk.h, under the same
 * name with `isc_` or the one that is given here. This header adds:
 *
 * Ownership   Options and Client free what they hold. They can be moved, not copied. Destroying a Client shuts it down and
 *             waits, at most ISC_TIMEOUT_DEFAULT; inside its own callback it does not wait, and that is allowed as well.
 * Results     Every call that can fail answers isc::Result: the status, and for a failure what the library said about it.
 * Strings     std::string in UTF-8, taken up to the first NUL.
 * Functions   Handlers are function objects. Each lives until the library has called it for the last time.
 * Exceptions  None crosses the library. What leaves a handler is caught, and told to the second function of on_event() or to
 *             the log. What this header allocates itself can throw std::bad_alloc, and it throws nothing else.
 * Threads     As in C, also inside handlers. Only init(), moving and destroying need the object for themselves, as with any
 *             object. A handler may destroy the Client that calls it.
 *
 *     #include <iscdesk.hpp>
 *     #include <iostream>
 *
 *     int main() {
 *         isc::Options options;
 *         isc::Client client;
 *         options.load();                                    // iscdesk.json beside the program
 *         isc::Result started = client.init(options);        // tells as well why options could not be loaded
 *         if (!started)
 *             std::cerr << started.detail() << '\n';
 *         client.on_event([](int type, const std::string &message) { std::cout << type << ' ' << message << '\n'; });
 *         if (!client.is_licensed())
 *             client.activate("the code that the user typed");
 *         std::cout << (client.is_licensed() ? "licensed" : "not licensed") << '\n';
 *     }
 */
#ifndef ISCDESK_HPP
/** \file
 *  isc::Options, isc::Client and isc::Result: iscdesk.h for C++11 or later. */
#define ISCDESK_HPP

#include "iscdesk.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/** iscdesk for C++. */
namespace isc {

/** Receives events: one of ISC_EVENT_... and the JSON message, UTF-8. */
typedef std::function<void(int type, const std::string &message)> EventHandler;
/** Receives what was thrown in an event handler. */
typedef std::function<void(const std::string &what)> ExceptionHandler;
/** Receives log messages. May not call the library. */
typedef std::function<void(int level, const std::string &message)> LogHandler;
/** Told that events wait. May only post a message to the program's own loop. */
typedef std::function<void()> WakeupHandler;

/* Not for programs: may change with any version. */
namespace detail {

/* Has a C function of the form (buf, cap, len) write a text of any length; `first` spares those that are slow a second call. */
template <class Ask> isc_status text(std::string &out, Ask ask, std::size_t first = 256) {
    std::string buffer(first, '\0');
    for (;;) {
        std::size_t length = 0;
        const isc_status status = ask(&buffer[0], buffer.size(), &length);
        if (status == ISC_ERR_BUFFER_TOO_SMALL && length >= buffer.size()) {
            buffer.resize(length + 1);
            continue;
        }
        buffer.resize(status < 0 ? 0 : length);
        out.swap(buffer);
        return status;
    }
}

/* Runs code of the program on the library's behalf: no exception passes. `failed` is told what was thrown. */
template <class Code, class Failed> void contain(Code code, Failed failed) noexcept {
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
    try {
        try {
            code();
        } catch (const std::exception &thrown) {
            failed(thrown.what());
        } catch (...) {
            failed("something that is no std::exception");
        }
    } catch (...) {
        // Thrown while telling: there is nobody left to tell.
    }
#else
    (void)failed;
    code();
#endif
}

/* A lock that is as good as never contended. Not std::mutex, which MinGW has with some thread models only. */
class Lock {
  public:
    explicit Lock(std::atomic_flag &flag) : flag_(flag) {
        while (flag_.test_and_set(std::memory_order_acquire)) {
        }
    }
    ~Lock() { flag_.clear(std::memory_order_release); }
    Lock(const Lock &) = delete;
    Lock &operator=(const Lock &) = delete;

  private:
    std::atomic_flag &flag_;
};

struct Log {
    LogHandler handle;
    std::atomic_flag busy;

    Log() { busy.clear(); }

    /* One call at a time, also where a handler's exception and the library have something to tell at once. */
    void tell(int level, const std::string &message) {
        Lock lock(busy);
        handle(level, message);
    }

    static void call(int32_t level, const char *message, void *self) noexcept {
        contain([&] { static_cast<Log *>(self)->tell(level, message); }, [](const char *) {});
    }
};

/* A registration: belongs to the library from attach() to discard(). */
struct Events {
    EventHandler handle;
    ExceptionHandler failed;
    std::shared_ptr<Log> log;

    void report(const char *what) const {
        if (failed)
            failed(what);
        else if (log)
            log->tell(ISC_LOG_ERROR, std::string("an exception left the event handler: ") + what);
    }

    static void call(isc_event_type type, const char *message, void *self) noexcept {
        Events *events = static_cast<Events *>(self);
        contain([&] { events->handle(type, message); }, [&](const char *what) { events->report(what); });
    }

    static void discard(void *self) noexcept { delete static_cast<Events *>(self); }

    static isc_status attach(isc_client *client, std::unique_ptr<Events> events) {
        const isc_event_callback callback = events->handle ? &Events::call : nullptr;
        const isc_status status = isc_register_event_callback(client, callback, events.get(), &Events::discard);
        if (status >= 0 || status == ISC_ERR_TIMEOUT) // a slow predecessor: taken all the same
            events.release();
        return status;
    }
};

struct Wakeup {
    WakeupHandler handle;

    static void call(void *self) noexcept {
        contain([&] { static_cast<Wakeup *>(self)->handle(); }, [](const char *) {});
    }
};

/* What the library may call until the shutdown of its client has answered ISC_OK. */
struct Kept {
    std::shared_ptr<Log> log;
    std::atomic_flag adding;
    std::vector<std::unique_ptr<Wakeup>> wakeups;
    isc_client *client;
    Kept *next;

    explicit Kept(const std::shared_ptr<Log> &log_) : log(log_), client(nullptr), next(nullptr) { adding.clear(); }
    bool is_empty() const { return !log && wakeups.empty(); }
};

/* Clients whose end could not be waited for, with what they may still call: destroyed in their own callback, or beside one
 * that did not return. Looked after whenever another client begins or ends. */
class Parted {
  public:
    static void add(isc_client *client, std::unique_ptr<Kept> kept) noexcept {
        Parted &all = instance();
        Lock lock(all.changing_);
        kept->client = client;
        kept->next = all.first_;
        all.first_ = kept.release();
    }

    static void sweep() noexcept {
        Kept *ended = instance().take_ended();
        while (ended != nullptr) {
            std::unique_ptr<Kept> kept(ended);
            ended = kept->next;
            isc_release(kept->client);
        }
    }

  private:
    Parted() : first_(nullptr) { changing_.clear(); }

    static Parted &instance() {
        static Parted *all = new Parted; // never destroyed: the library's threads may outlive the program's statics
        return *all;
    }

    Kept *take_ended() {
        Lock lock(changing_);
        Kept *ended = nullptr;
        for (Kept **place = &first_; *place != nullptr;) {
            Kept *kept = *place;
            const isc_status status = isc_shutdown(kept->client, 0);
            if (status == ISC_OK || status == ISC_ERR_CLOSED) { // closed: of the parent process
                *place = kept->next;
                kept->next = ended;
                ended = kept;
            } else {
                place = &kept->next;
            }
        }
        return ended;
    }

    std::atomic_flag changing_;
    Kept *first_;
};

/* The strings of a JSON array as isc_list_licenses() writes it, where only control characters stand as \u00xx. */
inline std::vector<std::string> strings(const std::string &json) {
    std::vector<std::string> list;
    bool inside = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        char c = json[i];
        if (c == '"') {
            inside = !inside;
            if (inside)
                list.push_back(std::string());
            continue;
        }
        if (!inside)
            continue;
        if (c == '\\' && ++i < json.size()) {
            static const char names[] = "bfnrt", meant[] = "\b\f\n\r\t";
            c = json[i];
            for (int known = 0; known < 5; ++known)
                if (json[i] == names[known])
                    c = meant[known];
            if (c == 'u') {
                c = static_cast<char>(std::strtoul(json.substr(i + 1, 4).c_str(), nullptr, 16));
                i += 4;
            }
        }
        list.back().push_back(c);
    }
    return list;
}

} // namespace detail

/** What a call answered. True where it succeeded. */
class Result {
  public:
    /** ISC_OK. */
    Result() : status_(ISC_OK) {}

    /** The answer of a C function that this thread has just called; keeps the last error of a failure. */
    explicit Result(isc_status status) : status_(status) {
        if (ok())
            return;
        detail::text(detail_, isc_last_error_message);
        detail::text(json_, isc_last_error_json);
    }

    /** ISC_OK, a success that says more (positive) or a failure (negative). */
    isc_status status() const noexcept { return status_; }
    /** Whether it succeeded. */
    bool ok() const noexcept { return status_ >= 0; }
    /** As ok(). */
    explicit operator bool() const noexcept { return ok(); }

    /** A sentence in English for the status. */
    std::string message() const { return isc_status_message(status_); }
    /** What went wrong in this very call, as isc_last_error_message(); empty after a success. */
    const std::string &detail() const noexcept { return detail_; }
    /** The same for logs and support desks, as isc_last_error_json(); empty after a success. */
    const std::string &json() const noexcept { return json_; }

  private:
    isc_status status_;
    std::string detail_, json_;
};

/** What is known about one licence; see isc_license_info. Times are Unix seconds UTC, 0 = unknown. */
struct LicenseInfo {
    isc_license_status status = ISC_LICENSE_NONE; /**< The verdict: ISC_LICENSE_... */
    bool licensed = false;                        /**< Whether the program is licensed by it. */
    int source = ISC_SOURCE_NONE;                 /**< Who says so: ISC_SOURCE_... */
    int64_t expires_at = 0;                       /**< When it expires by what the marketplace said last. */
    int64_t checked_at = 0;                       /**< When the marketplace last answered about it. */
    int64_t offline_until = 0;                    /**< Until when it stays licensed without a further check. */
    int64_t activated_at = 0;                     /**< When it was activated. */
    int64_t amount = -1;                          /**< Quantity bought, -1 = not stated. */
    std::string license;                          /**< The code. Keep it out of logs. */
    std::string product_id;                       /**< The marketplace's product, empty if not stated. */
};

/** What a client is made with. Empty at first: all defaults. */
class Options {
  public:
    /** Makes empty options. */
    Options() : handle_(nullptr) { made_ = Result(isc_options_new(&handle_)); }
    /** Frees them; clients go on. */
    ~Options() { isc_options_free(handle_); }
    /** Takes over; `other` is without a handle from here on. */
    Options(Options &&other) noexcept
        : handle_(other.handle_), made_(std::move(other.made_)), log_(std::move(other.log_)), log_level_(other.log_level_) {
        other.handle_ = nullptr;
    }
    /** Takes over what `other` has, and leaves it what was here. */
    Options &operator=(Options &&other) noexcept {
        std::swap(handle_, other.handle_);
        std::swap(made_, other.made_);
        std::swap(log_, other.log_);
        std::swap(log_level_, other.log_level_);
        return *this;
    }
    Options(const Options &) = delete;
    Options &operator=(const Options &) = delete;

    /** Takes all options from iscdesk.json beside the program, else beside the library. Those set before are gone, except the
     *  log. After a failure there are none: every call answers ISC_ERR_INVALID_HANDLE, and init() this failure. */
    Result load() { return loaded([](isc_options **out) { return isc_options_load(nullptr, out); }); }
    /** The same from another file. */
    Result load(const std::string &path) {
        return loaded([&](isc_options **out) { return isc_options_load(path.c_str(), out); });
    }
    /** As load(), for a file that was signed: with the minisign key that the program was built with. */
    Result load_signed(const std::string &key) {
        return loaded([&](isc_options **out) { return isc_options_load_signed(nullptr, key.c_str(), out); });
    }
    /** The same from another file. */
    Result load_signed(const std::string &path, const std::string &key) {
        return loaded([&](isc_options **out) { return isc_options_load_signed(path.c_str(), key.c_str(), out); });
    }

    /** isc_options_set_string(). */
    Result set(isc_option_key key, const std::string &value) {
        return Result(isc_options_set_string(handle_, key, value.c_str()));
    }
    /** isc_options_set_int(). */
    Result set(isc_option_key key, int64_t value) { return Result(isc_options_set_int(handle_, key, value)); }

    /** Who receives the log of the clients made with these options; an empty function is nobody. It lives as long as they. */
    Result set_log(int max_level, LogHandler handler) {
        std::shared_ptr<detail::Log> log;
        if (handler) {
            log = std::make_shared<detail::Log>();
            log->handle = std::move(handler);
        }
        Result result(isc_options_set_log(handle_, log ? &detail::Log::call : nullptr, max_level, log.get()));
        if (result) {
            log_.swap(log);
            log_level_ = max_level;
        }
        return result;
    }

    /** For C functions. A client made by isc_init() does not keep the log function alive. */
    isc_options *handle() const noexcept { return handle_; }

  private:
    friend class Client;

    template <class Load> Result loaded(Load load) {
        isc_options *fresh = nullptr;
        Result result(load(&fresh));
        isc_options_free(handle_);
        handle_ = fresh;
        if (result && log_)
            result = Result(isc_options_set_log(handle_, &detail::Log::call, log_level_, log_.get()));
        made_ = result;
        return result;
    }

    isc_options *handle_;
    Result made_; /* why there is no handle */
    std::shared_ptr<detail::Log> log_;
    int log_level_ = 0;
};

/** A client. Empty until init(): calls then answer ISC_ERR_INVALID_HANDLE. */
class Client {
  public:
    /** An empty client. */
    Client() noexcept : handle_(nullptr) {}
    /** Shuts down and waits, at most ISC_TIMEOUT_DEFAULT; inside its own handler it does not wait. */
    ~Client() { end(); }
    /** Takes over; `other` is empty from here on. */
    Client(Client &&other) noexcept : handle_(other.handle_), kept_(std::move(other.kept_)) { other.handle_ = nullptr; }
    /** Ends what was here, as by destroying it, and takes over. */
    Client &operator=(Client &&other) noexcept {
        if (this != &other) {
            end();
            std::swap(handle_, other.handle_);
            kept_ = std::move(other.kept_);
        }
        return *this;
    }
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    /** Starts it. One that was started before is ended first, as by destroying it. */
    Result init(const Options &options) {
        end();
        if (options.handle_ == nullptr && !options.made_)
            return options.made_;
        std::unique_ptr<detail::Kept> kept(new detail::Kept(options.log_));
        Result result(isc_init(options.handle_, &handle_));
        if (result)
            kept_ = std::move(kept);
        return result;
    }

    /** Ends it. The object stays, for is_licensed(), has_feature() and license_info(). */
    Result shutdown(uint32_t timeout_ms = ISC_TIMEOUT_DEFAULT) { return Result(isc_shutdown(handle_, timeout_ms)); }

    /** True from init() on. */
    explicit operator bool() const noexcept { return handle_ != nullptr; }
    /** For C functions. */
    isc_client *handle() const noexcept { return handle_; }

    /** isc_client_set_string(): ISC_OPT_PROXY, ISC_OPT_CA_FILE, ISC_OPT_BEARER_TOKEN or ISC_OPT_ACCOUNT_ID while running. */
    Result set(isc_option_key key, const std::string &value) {
        return Result(isc_client_set_string(handle_, key, value.c_str()));
    }

    /* ---- events ---- */

    /** isc_register_event_callback(): who receives events; an earlier handler is replaced. `failed` is told what was thrown
     *  in it; without it the log is. */
    Result on_event(EventHandler handler, ExceptionHandler failed = ExceptionHandler()) {
        std::unique_ptr<detail::Events> events(new detail::Events);
        events->handle = std::move(handler);
        events->failed = std::move(failed);
        if (kept_)
            events->log = kept_->log;
        return Result(detail::Events::attach(handle_, std::move(events)));
    }

    /** isc_unregister_event_callback(): nobody receives events from here on; they wait for the next handler. */
    Result unregister() { return Result(isc_unregister_event_callback(handle_)); }

    /** isc_poll_events(): runs the handler on this thread, with ISC_OPT_DELIVERY `poll`. */
    Result poll(uint32_t timeout_ms = 0, uint32_t *delivered = nullptr) {
        return Result(isc_poll_events(handle_, timeout_ms, delivered));
    }

    /** Who is told that events wait, with ISC_OPT_DELIVERY `poll`; an empty function is nobody. Each function given lives as
     *  long as the client. */
    Result set_wakeup(WakeupHandler handler) {
        detail::Wakeup *wakeup = nullptr;
        if (handler && kept_) {
            detail::Lock lock(kept_->adding);
            kept_->wakeups.push_back(std::unique_ptr<detail::Wakeup>(new detail::Wakeup));
            wakeup = kept_->wakeups.back().get();
            wakeup->handle = std::move(handler);
        }
        return Result(isc_set_wakeup(handle_, wakeup != nullptr ? &detail::Wakeup::call : nullptr, wakeup));
    }

    /* ---- licences; without a code: all that are held ---- */

    /** isc_activate(). */
    Result activate(const std::string &license) { return Result(isc_activate(handle_, license.c_str())); }

    /** isc_activate_many(). */
    Result activate_many(const std::vector<std::string> &licenses) {
        std::vector<const char *> codes;
        for (const std::string &license : licenses)
            codes.push_back(license.c_str());
        return Result(isc_activate_many(handle_, codes.data(), codes.size()));
    }

    /** isc_heartbeat() of all codes. */
    Result heartbeat() { return Result(isc_heartbeat(handle_, nullptr)); }
    /** isc_heartbeat() of one code. */
    Result heartbeat(const std::string &license) { return Result(isc_heartbeat(handle_, license.c_str())); }
    /** isc_query() about all codes. */
    Result query() { return Result(isc_query(handle_, nullptr)); }
    /** isc_query() about one code. */
    Result query(const std::string &license) { return Result(isc_query(handle_, license.c_str())); }
    /** isc_forget() of all codes. */
    Result forget() { return Result(isc_forget(handle_, nullptr)); }
    /** isc_forget() of one code. */
    Result forget(const std::string &license) { return Result(isc_forget(handle_, license.c_str())); }

    /** isc_report_usage(): who used the software today. */
    Result report_user(const std::string &license, const std::string &id) {
        return Result(isc_report_usage(handle_, license.c_str(), id.c_str(), 0));
    }
    /** isc_report_usage(): how many clients were active today. */
    Result report_active(const std::string &license, uint32_t clients) {
        return Result(isc_report_usage(handle_, license.c_str(), nullptr, clients));
    }

    /** Whether the program is licensed, by this code or by any. For inner loops. */
    bool is_licensed(const char *license = nullptr) const noexcept { return isc_is_licensed(handle_, license) != 0; }
    /** The same by one code. */
    bool is_licensed(const std::string &license) const noexcept { return is_licensed(license.c_str()); }
    /** Whether a product id or a feature is licensed. For inner loops. */
    bool has_feature(const char *name) const noexcept { return isc_has_feature(handle_, name) != 0; }
    /** The same. */
    bool has_feature(const std::string &name) const noexcept { return has_feature(name.c_str()); }

    /** isc_get_license_info(): what is known about a licence; without a code: the best one held. */
    Result license_info(LicenseInfo &out) const { return info(nullptr, out); }
    /** The same about one code. */
    Result license_info(const std::string &license, LicenseInfo &out) const { return info(license.c_str(), out); }
    /** isc_get_license_json(): the same as a JSON object. */
    Result license_json(std::string &out) const { return json(nullptr, out); }
    /** The same about one code. */
    Result license_json(const std::string &license, std::string &out) const { return json(license.c_str(), out); }

    /** The codes that are held. */
    Result list_licenses(std::vector<std::string> &out) const {
        std::string list;
        Result result(text(list, isc_list_licenses));
        out = detail::strings(list);
        return result;
    }

    /* ---- licence requests, licence files, upgrades ---- */

    /** isc_request_license_string(): answered by ISC_EVENT_LICENSE_VERIFY. */
    Result request_license_string(const std::string &device_info = std::string()) {
        return Result(isc_request_license_string(handle_, device_info.c_str()));
    }
    /** isc_request_license_file(): answered by ISC_EVENT_LICENSE_VERIFY. */
    Result request_license_file(const std::string &file_name, const std::string &device_info = std::string()) {
        return Result(isc_request_license_file(handle_, file_name.c_str(), device_info.c_str()));
    }
    /** isc_notify_license_verified(): what the program's own verification came to. */
    Result notify_license_verified(bool verified, const std::string &error_message = std::string()) {
        return Result(isc_notify_license_verified(handle_, verified ? 1 : 0, error_message.c_str()));
    }
    /** isc_license_request(): what a customer without network sends. */
    Result license_request(std::string &out) { return Result(text(out, isc_license_request)); }
    /** isc_license_return(): the proof that a licence file was given back. */
    Result license_return(const std::string &license, std::string &out) {
        isc_client *client = handle_;
        return Result(detail::text(out, [&](char *buf, std::size_t cap, std::size_t *len) {
            return isc_license_return(client, license.c_str(), buf, cap, len);
        }));
    }
    /** isc_check_new_versions(). */
    Result check_new_versions() { return Result(isc_check_new_versions(handle_)); }
    /** isc_upgrade_notify(): what the user decided. */
    Result upgrade_notify(bool upgrade) { return Result(isc_upgrade_notify(handle_, upgrade ? 1 : 0)); }

  private:
    template <class Get> isc_status text(std::string &out, Get get) const {
        isc_client *client = handle_;
        return detail::text(out, [&](char *buf, std::size_t cap, std::size_t *len) { return get(client, buf, cap, len); });
    }

    Result json(const char *license, std::string &out) const {
        const isc_client *client = handle_;
        return Result(detail::text(out, [&](char *buf, std::size_t cap, std::size_t *len) {
            return isc_get_license_json(client, license, buf, cap, len);
        }));
    }

    Result info(const char *license, LicenseInfo &out) const {
        isc_license_info known = isc_license_info();
        known.struct_size = sizeof known;
        Result result(isc_get_license_info(handle_, license, &known));
        out = LicenseInfo();
        if (!result)
            return result;
        out.status = known.status;
        out.licensed = known.licensed != 0;
        out.source = known.source;
        out.expires_at = known.expires_at;
        out.checked_at = known.checked_at;
        out.offline_until = known.offline_until;
        out.activated_at = known.activated_at;
        out.amount = known.amount;
        out.license = known.license;
        out.product_id = known.product_id;
        return result;
    }

    void end() noexcept {
        isc_client *client = handle_;
        std::unique_ptr<detail::Kept> kept(std::move(kept_));
        handle_ = nullptr;
        detail::Parted::sweep();
        if (client == nullptr)
            return;
        // Without functions of ours to outlive it, a client may end on its own.
        if (kept && !kept->is_empty() && isc_shutdown(client, ISC_TIMEOUT_DEFAULT) != ISC_OK)
            detail::Parted::add(client, std::move(kept));
        else
            isc_release(client);
    }

    isc_client *handle_;
    std::unique_ptr<detail::Kept> kept_;
};

/** The version of the library that is running. */
inline std::string version() { return isc_version(); }

/** The progress of a silent installation, for the ISCDesk client. */
inline Result install_report(const std::string &path, uint32_t percent, const std::string &error_message = std::string()) {
    return Result(isc_install_report(path.c_str(), percent, error_message.c_str()));
}

/** The documented fingerprint of this machine. */
inline Result device_fingerprint(std::string &out) { return Result(detail::text(out, isc_device_fingerprint)); }

/** What a support desk asks for. */
inline Result diagnose(const Options &options, std::string &out) {
    const auto ask = [&](char *buf, std::size_t cap, std::size_t *len) {
        return isc_diagnose(options.handle(), buf, cap, len);
    };
    /* Every call makes a diagnosis of its own: one has to be enough. */
    return Result(detail::text(out, ask, 64 * 1024));
}

} // namespace isc

#endif /* ISCDESK_HPP */
