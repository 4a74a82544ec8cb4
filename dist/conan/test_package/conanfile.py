"""Builds a program with either library of the package, and runs both where this machine can."""
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class IscdeskTest(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeToolchain", "VirtualRunEnv"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if not can_run(self):
            self.output.info("built, but not run: this machine runs no such programs")
            return
        ending = ".exe" if self.settings.os == "Windows" else ""
        for linkage in ("shared", "static"):
            program = os.path.join(self.cpp.build.bindir, f"version-{linkage}{ending}")
            # Microsoft's linker takes the shared library only.
            if linkage == "shared" or os.path.exists(program):
                self.run(program, env="conanrun")
