! What Fortran has to know of iscdesk.h: as much of it as activate.f90 uses; the rest is declared in the same way. Strings
! that go in end with c_null_char, handles are type(c_ptr), callbacks type(c_funptr), size_t is integer(c_size_t).
module iscdesk
    use, intrinsic :: iso_c_binding
    implicit none
    integer(c_int32_t), parameter :: isc_opt_offline_days = 40, isc_opt_delivery = 50
    integer(c_int32_t), parameter :: isc_timeout_default = 5000

    type, bind(c) :: isc_license_info ! 256 bytes
        integer(c_int32_t) :: struct_size = 256, status, licensed, source
        integer(c_int64_t) :: expires_at, checked_at, offline_until, activated_at, amount
        character(kind=c_char) :: license(65), product_id(129), reserved(6)
    end type

    interface
        integer(c_int32_t) function isc_options_load(path, options) bind(c)
            import; character(kind=c_char), intent(in) :: path(*); type(c_ptr), intent(out) :: options
        end function
        integer(c_int32_t) function isc_options_set_string(options, key, val) bind(c)
            import; type(c_ptr), value :: options; integer(c_int32_t), value :: key
            character(kind=c_char), intent(in) :: val(*)
        end function
        integer(c_int32_t) function isc_options_set_int(options, key, val) bind(c)
            import; type(c_ptr), value :: options; integer(c_int32_t), value :: key; integer(c_int64_t), value :: val
        end function
        subroutine isc_options_free(options) bind(c)
            import; type(c_ptr), value :: options
        end subroutine
        integer(c_int32_t) function isc_init(options, client) bind(c)
            import; type(c_ptr), value :: options; type(c_ptr), intent(out) :: client
        end function
        integer(c_int32_t) function isc_register_event_callback(client, callback, user_data, user_data_free) bind(c)
            import; type(c_ptr), value :: client, user_data; type(c_funptr), value :: callback, user_data_free
        end function
        integer(c_int32_t) function isc_poll_events(client, timeout_ms, delivered) bind(c)
            import; type(c_ptr), value :: client, delivered; integer(c_int32_t), value :: timeout_ms
        end function
        integer(c_int32_t) function isc_activate(client, license) bind(c)
            import; type(c_ptr), value :: client; character(kind=c_char), intent(in) :: license(*)
        end function
        integer(c_int32_t) function isc_is_licensed(client, license) bind(c) ! c_null_ptr: any licence
            import; type(c_ptr), value :: client, license
        end function
        integer(c_int32_t) function isc_get_license_info(client, license, info) bind(c) ! c_null_ptr: the best one
            import; type(c_ptr), value :: client, license; type(isc_license_info), intent(inout) :: info
        end function
        integer(c_int32_t) function isc_last_error_message(buf, cap, length) bind(c)
            import; character(kind=c_char), intent(out) :: buf(*); integer(c_size_t), value :: cap; type(c_ptr), value :: length
        end function
        integer(c_int32_t) function isc_shutdown(client, timeout_ms) bind(c)
            import; type(c_ptr), value :: client; integer(c_int32_t), value :: timeout_ms
        end function
        subroutine isc_release(client) bind(c)
            import; type(c_ptr), value :: client
        end subroutine
        pure integer(c_size_t) function strlen(text) bind(c)
            import; type(c_ptr), value, intent(in) :: text
        end function
    end interface

contains
    function text_of(c) result(text) ! up to the NUL
        character(kind=c_char), intent(in) :: c(:)
        character(:), allocatable :: text
        allocate (character(findloc([c, c_null_char], c_null_char, dim=1) - 1) :: text)
        text = transfer(c(:len(text)), text)
    end function

    function last_error() result(text)
        character(:), allocatable :: text
        character(kind=c_char) :: buf(512)
        integer(c_int32_t) :: status
        status = isc_last_error_message(buf, size(buf, kind=c_size_t), c_null_ptr) ! cut at a character
        text = text_of(buf)
    end function

    ! Runs inside isc_poll_events, so on the program's own thread, where Fortran may read and write.
    subroutine on_event(event, message, user_data) bind(c)
        integer(c_int32_t), value :: event
        type(c_ptr), value :: message, user_data
        character(kind=c_char), pointer :: c(:)
        call c_f_pointer(message, c, [strlen(message)])
        if (.not. c_associated(user_data)) print '(a,i0,2a)', 'event ', event, ': ', text_of(c)
    end subroutine
end module
