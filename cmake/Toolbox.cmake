# ccache and mold make builds quick where they are installed; nothing depends on them.
find_program(TUESDAY_CCACHE ccache)
if(TUESDAY_CCACHE)
  # Paths are hashed relative to the checkout, so that every checkout of a machine shares what one has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TUESDAY_CCACHE})
endif()
find_program(TUESDAY_MOLD mold)
if(TUESDAY_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
# Sums in PromQL are compensated: contraction would change their last bit.
add_compile_options(-ffp-contract=off)
# Paths in messages are relative, so that two checkouts share one compiler cache.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of uninitialised members in std::variant and of overlapping strings (GCC bug 105651) where there are none.
  add_compile_options(-Wno-maybe-uninitialized -Wno-missing-field-initializers -Wno-restrict)
else()
  # libstdc++ 12 itself asks for a buffer in std::stable_sort in a way that it calls deprecated, and clang tells us.
  add_compile_options(-Wno-missing-field-initializers -Wno-missing-designated-field-initializers -Wno-deprecated-declarations)
endif()
