! iscdesk from Fortran 2018:  activate iscdesk.json [CODE]
!     gfortran iscdesk.f90 activate.f90 -o activate -L<folder of the library> -liscdesk
program activate
    use iscdesk
    use, intrinsic :: iso_fortran_env, only: error_unit
    implicit none
    type(c_ptr) :: client
    integer(c_int32_t) :: status
    logical :: licensed

    if (.not. start(argument(1))) stop 2, quiet=.true.
    if (isc_is_licensed(client, c_null_ptr) == 0) then
        status = isc_activate(client, argument(2)) ! waits for the marketplace
        if (status < 0) write (error_unit, '(a)') last_error()
        if (status >= 0) status = isc_poll_events(client, 5000_c_int32_t, c_null_ptr)
    end if
    call show()
    licensed = isc_is_licensed(client, c_null_ptr) /= 0
    status = isc_shutdown(client, isc_timeout_default)
    call isc_release(client)
    if (.not. licensed) stop 1, quiet=.true.

contains
    logical function start(config)
        character(*), intent(in) :: config
        type(c_ptr) :: options
        client = c_null_ptr
        ! One step after the other: Fortran may evaluate both sides of .and. in any order.
        status = isc_options_load(config, options)
        if (status >= 0) status = isc_options_set_int(options, isc_opt_offline_days, 10_c_int64_t)
        if (status >= 0) status = isc_options_set_string(options, isc_opt_delivery, 'poll' // c_null_char)
        if (status >= 0) status = isc_init(options, client)
        if (status >= 0) status = isc_register_event_callback(client, c_funloc(on_event), c_null_ptr, c_null_funptr)
        start = status >= 0
        if (.not. start) write (error_unit, '(2a)') 'cannot start: ', last_error()
        call isc_options_free(options)
        if (.not. start) call isc_release(client)
    end function

    subroutine show()
        type(isc_license_info) :: info
        if (isc_get_license_info(client, c_null_ptr, info) < 0) return
        print '(2a,4(a,i0),3a,2(i0,a:))', text_of(info%license), ': ', 'verdict ', info%status, ', licensed ', info%licensed, &
            ', source ', info%source, ', amount ', info%amount, ', product ', text_of(info%product_id), ', expires ', &
            info%expires_at, ', offline until ', info%offline_until
    end subroutine

    function argument(number) result(value) ! with the NUL that C wants
        integer, intent(in) :: number
        character(:), allocatable :: value
        integer :: length
        call get_command_argument(number, length=length)
        allocate (character(length) :: value)
        call get_command_argument(number, value)
        value = value // c_null_char
    end function
end program
