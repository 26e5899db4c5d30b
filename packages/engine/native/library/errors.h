// What the library throws; the addon hands it on as the project's own error of that code.
#pragma once
#include <stdexcept>
#include <string>

namespace foretoken {

class Fault : public std::runtime_error {
 public:
  Fault(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

}  // namespace foretoken
