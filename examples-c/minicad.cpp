/* A session of a small CAD program without a window:  minicad DRAWING [iscdesk.json] < USER
 *
 * Where a licence meets a real program: the start, which must not wait for a network; the inner loop, which asks a million
 * times; the main loop, where events arrive; the dialogue when a licence is missing or runs out; the update that is forced;
 * the end, which must not hang. DRAWING is the file worked on. Standard input is the user's hand, one action a line:
 *
 *     code CODE    types a code into the licence dialogue
 *     mesh N       meshes N faces
 *     wait EVENT   works on until an event has come, for example `wait Heartbeat`
 *     drill        rehearses a forced update: the program's own handler, with the documented message
 *     quit         closes the window
 */
#include <iscdesk.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

enum { FRAME_MS = 16, DIALOGUE_MS = 10000, PATIENCE_MS = 40000 };

typedef std::chrono::steady_clock Clock;

static double ms_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/* One string of an event's message. A program that has a JSON library uses that. */
static std::string field(const std::string &message, const std::string &name) {
    const std::string key = "\"" + name + "\":\"";
    const std::string::size_type begin = message.find(key);
    if (begin == std::string::npos)
        return std::string();
    const std::string::size_type value = begin + key.size();
    return message.substr(value, message.find('"', value) - value);
}

class MiniCad {
  public:
    MiniCad(const std::string &drawing, const char *config) : drawing_(drawing), open_(false), faces_(0) {
        isc::Options options;
        const isc::Result loaded = config != nullptr ? options.load(config) : options.load();
        /* Events come where this program wants them, inside poll(): on the thread of its windows. */
        options.set(ISC_OPT_DELIVERY, "poll");
        /* The dialogue waits for the marketplace, so the user does: not longer than a user bears. */
        options.set(ISC_OPT_CALL_TIMEOUT_MS, DIALOGUE_MS);
        const isc::Result started = loaded ? client_.init(options) : loaded;
        if (!started) {
            status_bar("no licensing: " + started.detail());
            return;
        }
        client_.on_event([this](int type, const std::string &message) { on_event(type, message); },
                         [this](const std::string &what) { status_bar("a fault of ours: " + what); });
        open_ = true;
    }

    /* The splash screen: init() asked nobody, and what earlier runs learnt says whether the program is licensed. Today's check
     * is made in the background; its answer is an event. */
    bool start(Clock::time_point begin) {
        std::printf("ready after %.1f ms, %s\n", ms_since(begin), client_.is_licensed() ? "licensed" : "not licensed");
        if (open_ && !client_.is_licensed())
            status_bar("please enter your authorization code");
        return open_;
    }

    void run(const std::vector<std::string> &user) {
        for (std::vector<std::string>::size_type next = 0; open_;) {
            frame();
            if (!open_)
                break;
            if (next == user.size())
                close();
            else
                act(user[next++]);
        }
    }

    /* Waits for what the library still does. A server that does not answer does not hold it, nor would a handler. */
    bool end() {
        const Clock::time_point begin = Clock::now();
        const bool licensed = client_.is_licensed();
        const isc::Result ended = client_.shutdown();
        std::printf("ended after %.1f ms, %s\n", ms_since(begin), licensed ? "licensed" : "not licensed");
        return ended.ok() && licensed;
    }

  private:
    /* One turn of the main loop. Here the loop sleeps in poll(); one that sleeps in a window system's has set_wakeup() post a
     * message and calls poll(0) on it, as ui_loop.c does. */
    void frame() { client_.poll(FRAME_MS); }

    void act(const std::string &line) {
        const std::string::size_type space = line.find(' ');
        const std::string verb = line.substr(0, space);
        const std::string object = space == std::string::npos ? "" : line.substr(space + 1);
        if (verb == "code")
            enter_code(object);
        else if (verb == "mesh")
            mesh(std::stol(object));
        else if (verb == "wait")
            work_until(object);
        else if (verb == "drill")
            on_event(ISC_EVENT_UPDATE, "{\"operate\":\"Update\",\"params\":{\"fromForceWin\":\"true\"},\"comeBackParams\":{}}");
        else if (verb == "quit")
            close();
        else
            status_bar("the user does something strange: " + line);
    }

    /* The dialogue's button. Doing it twice, or with a code that is active already, does no harm. */
    void enter_code(const std::string &code) {
        const isc::Result result = client_.activate(code);
        if (result)
            status_bar("thank you, the licence is active");
        else if (result.status() == ISC_ERR_UNKNOWN_LICENSE)
            status_bar("there is no such code, please look at it again");
        else
            status_bar(result.detail());
    }

    /* The inner loop asks for each face: some nanoseconds, and a licence that ends in the middle ends the fine faces there
     * instead of throwing the user out. What is drawn stays. */
    void mesh(long faces) {
        const Clock::time_point begin = Clock::now();
        long fine = 0;
        for (long face = 0; face < faces; ++face)
            if (client_.is_licensed())
                ++fine;
        faces_ += faces;
        std::printf("meshed %ld faces, %ld of them fine, in %.1f ms\n", faces, fine, ms_since(begin));
    }

    void work_until(const std::string &operate) {
        const Clock::time_point begin = Clock::now();
        while (open_ && seen_.count(operate) == 0 && ms_since(begin) < PATIENCE_MS)
            frame();
        if (seen_.erase(operate) == 0)
            status_bar("no " + operate + " came");
    }

    /* Inside poll(), so it may touch every window. It may also end the program: here by a flag, because the loop above still
     * has to return; destroying the client would be allowed. */
    void on_event(int type, const std::string &message) {
        seen_.insert(field(message, "operate"));
        switch (type) {
        case ISC_EVENT_HEARTBEAT:
            if (field(message, "Status") == "success")
                status_bar("licence checked");
            else
                status_bar("licence not checked: " + field(message, "ErrorMsg"));
            break;
        case ISC_EVENT_LICENSE_CHANGED:
            if (field(message, "Licensed") != "true")
                status_bar("your licence has ended (" + field(message, "Current") + "): please renew it; your work is kept");
            break;
        case ISC_EVENT_LICENSE_EXPIRING:
            status_bar("your licence ends soon: please renew it");
            break;
        case ISC_EVENT_UPDATE:
            on_update(field(message, "fromForceWin") == "true");
            break;
        default: /* also what a newer library may raise */
            break;
        }
    }

    void on_update(bool forced) {
        if (!forced) {
            status_bar("a new version is there; it will be installed when you close the program");
            client_.upgrade_notify(true);
            return;
        }
        status_bar("this version is no longer supported: saving, then closing");
        close();
    }

    /* Whatever the licence says, the user's work is saved. */
    void close() {
        std::ofstream(drawing_) << faces_ << " faces\n";
        open_ = false;
    }

    void status_bar(const std::string &text) { std::printf("[%s]\n", text.c_str()); }

    std::string drawing_;
    bool open_;
    long faces_;
    std::set<std::string> seen_;
    isc::Client client_; /* last, so it goes first: its handler uses the others */
};

int main(int argc, char **argv) {
    const Clock::time_point begin = Clock::now();
    if (argc < 2) {
        std::fprintf(stderr, "usage: minicad DRAWING [iscdesk.json] < USER\n");
        return 2;
    }
    MiniCad cad(argv[1], argc > 2 ? argv[2] : nullptr);
    if (!cad.start(begin))
        return 2;
    std::vector<std::string> user;
    for (std::string line; std::getline(std::cin, line);)
        user.push_back(line);
    cad.run(user);
    return cad.end() ? 0 : 1;
}
