/* What the C++ tests share: the C tests' checks, and a place where events are waited for. */
#ifndef INBOX_H
#define INBOX_H

#include "../c/check.h"
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/* The licence of the documentation's sample; the sandbox has it. */
static const char *const CODE = "0078369f54-a3ce-4dc7-8a62-904555416f9000";
/* The documentation's sample message, with that licence. */
static const char *const SAMPLE = "{\"operate\":\"LicenseVerify\",\"params\":{\"Status\":\"success\",\"LicenseContent\":"
                                  "\"0078369f54-a3ce-4dc7-8a62-904555416f9000\",\"LicenseType\":\"string\"},\"comeBackParams\":{}}";

/* What happened, in order, from any thread. */
class Inbox {
  public:
    typedef std::pair<int, std::string> Entry;

    void put(int type, const std::string &message) {
        std::lock_guard<std::mutex> lock(changing_);
        entries_.push_back(Entry(type, message));
        changed_.notify_all();
    }

    /* Waits for one of a type, removes it and all before it. Ends the program if none comes. */
    std::string wait(int type) {
        std::unique_lock<std::mutex> lock(changing_);
        for (;;) {
            for (std::size_t i = 0; i < entries_.size(); ++i) {
                if (entries_[i].first == type) {
                    std::string message = entries_[i].second;
                    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
                    return message;
                }
            }
            if (changed_.wait_for(lock, std::chrono::seconds(30)) == std::cv_status::timeout) {
                fprintf(stderr, "nothing of type %d came\n", type);
                abort();
            }
        }
    }

    void clear() {
        std::lock_guard<std::mutex> lock(changing_);
        entries_.clear();
    }

    bool is_empty() {
        std::lock_guard<std::mutex> lock(changing_);
        return entries_.empty();
    }

  private:
    std::mutex changing_;
    std::condition_variable changed_;
    std::vector<Entry> entries_;
};

/* Types that no event has. */
enum { FREED = 1000, THROWN, DONE };

/* Something to be captured by a function object: tells the inbox when the last copy of it goes. */
typedef std::shared_ptr<int> Token;
inline Token token(Inbox &inbox) {
    return Token(new int(0), [&inbox](int *value) {
        delete value;
        inbox.put(FREED, "");
    });
}

inline bool contains(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
}

#endif
