# What makes a fault hard to exploit: https://best.openssf.org/Compiler-Hardening-Guides. What comes
# of it in the program is read by tests/end_to_end/hardening_test.py.
include(CheckCXXCompilerFlag)

target_compile_options(slod_build INTERFACE -fstack-protector-strong)
target_compile_definitions(slod_build INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(slod_build INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

# A library that is loaded has its own rules.
set(slod_is_loaded $<IN_LIST:$<TARGET_PROPERTY:TYPE>,MODULE_LIBRARY$<SEMICOLON>SHARED_LIBRARY>)
target_compile_options(slod_build INTERFACE $<$<NOT:${slod_is_loaded}>:-fPIE>)
target_link_options(slod_build INTERFACE $<$<NOT:${slod_is_loaded}>:-pie>)

check_cxx_compiler_flag(-fstack-clash-protection slod_has_stack_clash)
if(slod_has_stack_clash)
  target_compile_options(slod_build INTERFACE -fstack-clash-protection)
endif()

# Of x86. The mark of the program says that it bears a shadow stack; that each file bears checked
# jumps cannot be marked where those that begin and end every program do not, as on Debian.
check_cxx_compiler_flag(-fcf-protection=full slod_has_cf_protection)
if(slod_has_cf_protection)
  target_compile_options(slod_build INTERFACE -fcf-protection=full)
  target_link_options(slod_build INTERFACE -Wl,-z,shstk)
endif()

# Only the optimiser knows the sizes; a sanitizer checks the same with functions of its own.
string(TOUPPER "${CMAKE_BUILD_TYPE}" slod_build_type)
if(NOT SLOD_SANITIZE AND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${slod_build_type}}" MATCHES "-O[1-3s]")
  target_compile_options(slod_build INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
