/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every status this project knows: name, value (MS-ERREF 2.3.1), the errno it
 * becomes, and a human sentence. Included with STATUS() defined.
 */
STATUS(NT_STATUS_OK, 0x00000000, 0, "success")
STATUS(NT_STATUS_TIMEOUT, 0x00000102, ETIMEDOUT, "the time is over")
STATUS(NT_STATUS_PENDING, 0x00000103, EINPROGRESS,
       "the operation is still going on")
STATUS(NT_STATUS_REPARSE, 0x00000104, EIO,
       "the name leads through a reparse point")
STATUS(NT_STATUS_OPLOCK_BREAK_IN_PROGRESS, 0x00000108, EAGAIN,
       "an oplock is being broken")
STATUS(NT_STATUS_NOTIFY_CLEANUP, 0x0000010B, ECANCELED,
       "the watched directory was closed")
STATUS(NT_STATUS_NOTIFY_ENUM_DIR, 0x0000010C, EOVERFLOW,
       "too many changes: the directory must be read again")
STATUS(NT_STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE, 0x00000215, 0,
       "the oplock moved to the new handle")
STATUS(NT_STATUS_OPLOCK_HANDLE_CLOSED, 0x00000216, 0,
       "the handle that held the oplock was closed")
STATUS(NT_STATUS_BUFFER_OVERFLOW, 0x80000005, EOVERFLOW,
       "there is more data than fits in the buffer")
STATUS(NT_STATUS_NO_MORE_FILES, 0x80000006, ENOENT, "no more files were found")
STATUS(NT_STATUS_NO_MORE_EAS, 0x80000012, ENODATA,
       "there are no more extended attributes")
STATUS(NT_STATUS_INVALID_EA_NAME, 0x80000013, EINVAL,
       "the name of an extended attribute is not valid")
STATUS(NT_STATUS_EA_LIST_INCONSISTENT, 0x80000014, EINVAL,
       "the list of extended attributes is malformed")
STATUS(NT_STATUS_INVALID_EA_FLAG, 0x80000015, EINVAL,
       "an extended attribute has an unknown flag")
STATUS(NT_STATUS_NO_MORE_ENTRIES, 0x8000001A, ENOENT,
       "there are no more entries")
STATUS(NT_STATUS_STOPPED_ON_SYMLINK, 0x8000002D, ELOOP,
       "the path leads through a symbolic link")
STATUS(NT_STATUS_CANNOT_GRANT_REQUESTED_OPLOCK, 0x8000002E, EAGAIN,
       "only a weaker oplock can be granted")
STATUS(NT_STATUS_UNSUCCESSFUL, 0xC0000001, EIO, "the operation failed")
STATUS(NT_STATUS_NOT_IMPLEMENTED, 0xC0000002, ENOSYS,
       "the server does not have this function")
STATUS(NT_STATUS_INVALID_INFO_CLASS, 0xC0000003, EINVAL,
       "this kind of information does not exist here")
STATUS(NT_STATUS_INFO_LENGTH_MISMATCH, 0xC0000004, EINVAL,
       "the length does not fit the kind of information")
STATUS(NT_STATUS_INVALID_HANDLE, 0xC0000008, EBADF, "the handle is not valid")
STATUS(NT_STATUS_INVALID_PARAMETER, 0xC000000D, EINVAL,
       "a parameter of the request is not valid")
STATUS(NT_STATUS_NO_SUCH_DEVICE, 0xC000000E, ENODEV, "there is no such device")
STATUS(NT_STATUS_NO_SUCH_FILE, 0xC000000F, ENOENT, "no file matches the name")
STATUS(NT_STATUS_INVALID_DEVICE_REQUEST, 0xC0000010, EOPNOTSUPP,
       "the object does not support this operation")
STATUS(NT_STATUS_END_OF_FILE, 0xC0000011, 0, "the end of the file was reached")
STATUS(NT_STATUS_WRONG_VOLUME, 0xC0000012, EXDEV,
       "the wrong volume is in the drive")
STATUS(NT_STATUS_NO_MEDIA_IN_DEVICE, 0xC0000013, ENOMEDIUM,
       "there is no medium in the device")
STATUS(NT_STATUS_MORE_PROCESSING_REQUIRED, 0xC0000016, EAGAIN,
       "authentication needs another step")
STATUS(NT_STATUS_NO_MEMORY, 0xC0000017, ENOMEM, "out of memory")
STATUS(NT_STATUS_NOT_MAPPED_VIEW, 0xC0000019, EINVAL,
       "the address is not mapped")
STATUS(NT_STATUS_INVALID_LOCK_SEQUENCE, 0xC000001E, EINVAL,
       "the locks were requested in an invalid order")
STATUS(NT_STATUS_INVALID_VIEW_SIZE, 0xC000001F, EINVAL,
       "the range reaches beyond the end of the file")
STATUS(NT_STATUS_ACCESS_DENIED, 0xC0000022, EACCES, "permission denied")
STATUS(NT_STATUS_BUFFER_TOO_SMALL, 0xC0000023, ENOBUFS,
       "the buffer is too small for the answer")
STATUS(NT_STATUS_OBJECT_TYPE_MISMATCH, 0xC0000024, EINVAL,
       "the object is of another type")
STATUS(NT_STATUS_DISK_CORRUPT_ERROR, 0xC0000032, EIO,
       "the file system is damaged")
STATUS(NT_STATUS_OBJECT_NAME_INVALID, 0xC0000033, EINVAL,
       "the name is not valid on this server")
STATUS(NT_STATUS_OBJECT_NAME_NOT_FOUND, 0xC0000034, ENOENT,
       "no such file or directory")
STATUS(NT_STATUS_OBJECT_NAME_COLLISION, 0xC0000035, EEXIST,
       "a file or directory of this name exists already")
STATUS(NT_STATUS_OBJECT_PATH_INVALID, 0xC0000039, ENOTDIR,
       "a part of the path is not a directory")
STATUS(NT_STATUS_OBJECT_PATH_NOT_FOUND, 0xC000003A, ENOENT,
       "a directory of the path does not exist")
STATUS(NT_STATUS_OBJECT_PATH_SYNTAX_BAD, 0xC000003B, EINVAL,
       "the path is not well-formed")
STATUS(NT_STATUS_DATA_ERROR, 0xC000003E, EIO,
       "the data could not be read correctly")
STATUS(NT_STATUS_CRC_ERROR, 0xC000003F, EIO, "a checksum did not match")
STATUS(NT_STATUS_SHARING_VIOLATION, 0xC0000043, EBUSY,
       "the file is in use by somebody else")
STATUS(NT_STATUS_QUOTA_EXCEEDED, 0xC0000044, EDQUOT, "the quota is used up")
STATUS(NT_STATUS_EAS_NOT_SUPPORTED, 0xC000004F, EOPNOTSUPP,
       "the file system has no extended attributes")
STATUS(NT_STATUS_EA_TOO_LARGE, 0xC0000050, E2BIG,
       "the extended attributes are too large")
STATUS(NT_STATUS_NONEXISTENT_EA_ENTRY, 0xC0000051, ENODATA,
       "there is no such extended attribute")
STATUS(NT_STATUS_NO_EAS_ON_FILE, 0xC0000052, ENODATA,
       "the file has no extended attributes")
STATUS(NT_STATUS_EA_CORRUPT_ERROR, 0xC0000053, EIO,
       "the extended attributes are damaged")
STATUS(NT_STATUS_FILE_LOCK_CONFLICT, 0xC0000054, EAGAIN,
       "another lock on the file is in the way")
STATUS(NT_STATUS_LOCK_NOT_GRANTED, 0xC0000055, EAGAIN,
       "the lock is held by somebody else")
STATUS(NT_STATUS_DELETE_PENDING, 0xC0000056, EBUSY,
       "the file is about to be deleted")
STATUS(NT_STATUS_INVALID_OWNER, 0xC000005A, EPERM,
       "this user cannot be the owner")
STATUS(NT_STATUS_NO_LOGON_SERVERS, 0xC000005E, EHOSTUNREACH,
       "no logon server can be reached")
STATUS(NT_STATUS_NO_SUCH_LOGON_SESSION, 0xC000005F, EACCES,
       "the logon session does not exist")
STATUS(NT_STATUS_PRIVILEGE_NOT_HELD, 0xC0000061, EPERM,
       "the user lacks a privilege that this needs")
STATUS(NT_STATUS_INVALID_ACCOUNT_NAME, 0xC0000062, ENOENT,
       "there is no account of that name")
STATUS(NT_STATUS_NO_SUCH_USER, 0xC0000064, EACCES, "there is no such user")
STATUS(NT_STATUS_NO_SUCH_GROUP, 0xC0000066, ENOENT, "there is no such group")
STATUS(NT_STATUS_WRONG_PASSWORD, 0xC000006A, EACCES, "the password is wrong")
STATUS(NT_STATUS_PASSWORD_RESTRICTION, 0xC000006C, EACCES,
       "the new password does not follow the rules")
STATUS(NT_STATUS_LOGON_FAILURE, 0xC000006D, EACCES,
       "unknown user or wrong password")
STATUS(NT_STATUS_ACCOUNT_RESTRICTION, 0xC000006E, EACCES,
       "restrictions of the account forbid the logon")
STATUS(NT_STATUS_INVALID_LOGON_HOURS, 0xC000006F, EACCES,
       "the account may not log on at this time")
STATUS(NT_STATUS_INVALID_WORKSTATION, 0xC0000070, EACCES,
       "the account may not log on from this machine")
STATUS(NT_STATUS_PASSWORD_EXPIRED, 0xC0000071, EACCES,
       "the password has expired")
STATUS(NT_STATUS_ACCOUNT_DISABLED, 0xC0000072, EACCES,
       "the account is disabled")
STATUS(NT_STATUS_NONE_MAPPED, 0xC0000073, ENOENT,
       "none of the names could be translated")
STATUS(NT_STATUS_INVALID_ACL, 0xC0000077, EINVAL,
       "the access control list is not valid")
STATUS(NT_STATUS_INVALID_SID, 0xC0000078, EINVAL,
       "the security identifier is not valid")
STATUS(NT_STATUS_INVALID_SECURITY_DESCR, 0xC0000079, EINVAL,
       "the security descriptor is not valid")
STATUS(NT_STATUS_NO_TOKEN, 0xC000007C, EACCES, "there is no logon token")
STATUS(NT_STATUS_RANGE_NOT_LOCKED, 0xC000007E, ENOLCK,
       "the range is not locked")
STATUS(NT_STATUS_DISK_FULL, 0xC000007F, ENOSPC, "no space left on the share")
STATUS(NT_STATUS_INTEGER_OVERFLOW, 0xC0000095, EOVERFLOW,
       "a number is too large")
STATUS(NT_STATUS_FILE_INVALID, 0xC0000098, EIO,
       "the file changed and the open is no longer valid")
STATUS(NT_STATUS_INSUFFICIENT_RESOURCES, 0xC000009A, ENOMEM,
       "the other side ran out of resources")
STATUS(NT_STATUS_DEVICE_DATA_ERROR, 0xC000009C, EIO,
       "the device returned damaged data")
STATUS(NT_STATUS_MEDIA_WRITE_PROTECTED, 0xC00000A2, EROFS,
       "the share is read-only")
STATUS(NT_STATUS_DEVICE_NOT_READY, 0xC00000A3, EIO, "the device is not ready")
STATUS(NT_STATUS_BAD_IMPERSONATION_LEVEL, 0xC00000A5, EACCES,
       "the impersonation level does not permit this")
STATUS(NT_STATUS_INSTANCE_NOT_AVAILABLE, 0xC00000AB, EBUSY,
       "no more instances of the pipe are permitted")
STATUS(NT_STATUS_PIPE_NOT_AVAILABLE, 0xC00000AC, EBUSY,
       "no instance of the pipe is free")
STATUS(NT_STATUS_INVALID_PIPE_STATE, 0xC00000AD, EINVAL,
       "the pipe is not in the right state")
STATUS(NT_STATUS_PIPE_BUSY, 0xC00000AE, EBUSY, "the pipe is busy")
STATUS(NT_STATUS_PIPE_DISCONNECTED, 0xC00000B0, EPIPE,
       "the pipe is disconnected")
STATUS(NT_STATUS_PIPE_CLOSING, 0xC00000B1, EPIPE, "the pipe is being closed")
STATUS(NT_STATUS_PIPE_CONNECTED, 0xC00000B2, EISCONN,
       "the pipe is connected already")
STATUS(NT_STATUS_PIPE_LISTENING, 0xC00000B3, ENOTCONN,
       "nobody is connected to the pipe")
STATUS(NT_STATUS_INVALID_READ_MODE, 0xC00000B4, EINVAL,
       "the pipe has another read mode")
STATUS(NT_STATUS_IO_TIMEOUT, 0xC00000B5, ETIMEDOUT,
       "the operation took too long")
STATUS(NT_STATUS_FILE_FORCED_CLOSED, 0xC00000B6, EBADF,
       "the file was closed by the server")
STATUS(NT_STATUS_FILE_IS_A_DIRECTORY, 0xC00000BA, EISDIR, "this is a directory")
STATUS(NT_STATUS_NOT_SUPPORTED, 0xC00000BB, EOPNOTSUPP,
       "the server does not support this")
STATUS(NT_STATUS_REMOTE_NOT_LISTENING, 0xC00000BC, ECONNREFUSED,
       "the server is not listening")
STATUS(NT_STATUS_DUPLICATE_NAME, 0xC00000BD, EEXIST, "the name exists twice")
STATUS(NT_STATUS_BAD_NETWORK_PATH, 0xC00000BE, ENOENT,
       "the server was not found")
STATUS(NT_STATUS_NETWORK_BUSY, 0xC00000BF, EBUSY, "the network is busy")
STATUS(NT_STATUS_DEVICE_DOES_NOT_EXIST, 0xC00000C0, ENODEV,
       "the device does not exist")
STATUS(NT_STATUS_TOO_MANY_COMMANDS, 0xC00000C1, EAGAIN,
       "too many requests at a time")
STATUS(NT_STATUS_INVALID_NETWORK_RESPONSE, 0xC00000C3, EPROTO,
       "the server's answer is malformed")
STATUS(NT_STATUS_UNEXPECTED_NETWORK_ERROR, 0xC00000C4, EIO,
       "an unexpected network error occurred")
STATUS(NT_STATUS_NETWORK_NAME_DELETED, 0xC00000C9, ENODEV,
       "the share is no longer connected")
STATUS(NT_STATUS_NETWORK_ACCESS_DENIED, 0xC00000CA, EACCES,
       "the network denies access")
STATUS(NT_STATUS_BAD_DEVICE_TYPE, 0xC00000CB, ENODEV,
       "the share is of another type")
STATUS(NT_STATUS_BAD_NETWORK_NAME, 0xC00000CC, ENOENT, "there is no such share")
STATUS(NT_STATUS_TOO_MANY_NAMES, 0xC00000CD, ENFILE, "too many names")
STATUS(NT_STATUS_TOO_MANY_SESSIONS, 0xC00000CE, EUSERS, "too many sessions")
STATUS(NT_STATUS_SHARING_PAUSED, 0xC00000CF, EAGAIN, "the server is paused")
STATUS(NT_STATUS_REQUEST_NOT_ACCEPTED, 0xC00000D0, EUSERS,
       "the server accepts no more connections")
STATUS(NT_STATUS_NET_WRITE_FAULT, 0xC00000D2, EIO,
       "writing to the network failed")
STATUS(NT_STATUS_NOT_SAME_DEVICE, 0xC00000D4, EXDEV,
       "source and target are on different file systems")
STATUS(NT_STATUS_FILE_RENAMED, 0xC00000D5, EIO, "the file was renamed")
STATUS(NT_STATUS_CANT_WAIT, 0xC00000D8, EAGAIN,
       "the operation would have to wait")
STATUS(NT_STATUS_PIPE_EMPTY, 0xC00000D9, EAGAIN, "the pipe is empty")
STATUS(NT_STATUS_NO_SUCH_DOMAIN, 0xC00000DF, ENOENT, "there is no such domain")
STATUS(NT_STATUS_OPLOCK_NOT_GRANTED, 0xC00000E2, EAGAIN,
       "the oplock was not granted")
STATUS(NT_STATUS_INVALID_OPLOCK_PROTOCOL, 0xC00000E3, EINVAL,
       "the answer to an oplock break is not valid")
STATUS(NT_STATUS_INTERNAL_ERROR, 0xC00000E5, EIO, "internal error")
STATUS(NT_STATUS_INVALID_USER_BUFFER, 0xC00000E8, EFAULT,
       "the buffer is not valid")
STATUS(NT_STATUS_INVALID_PARAMETER_1, 0xC00000EF, EINVAL,
       "the first parameter is not valid")
STATUS(NT_STATUS_INVALID_PARAMETER_2, 0xC00000F0, EINVAL,
       "the second parameter is not valid")
STATUS(NT_STATUS_INVALID_PARAMETER_3, 0xC00000F1, EINVAL,
       "the third parameter is not valid")
STATUS(NT_STATUS_DIRECTORY_NOT_EMPTY, 0xC0000101, ENOTEMPTY,
       "the directory is not empty")
STATUS(NT_STATUS_FILE_CORRUPT_ERROR, 0xC0000102, EIO, "the file is damaged")
STATUS(NT_STATUS_NOT_A_DIRECTORY, 0xC0000103, ENOTDIR,
       "this is not a directory")
STATUS(NT_STATUS_NAME_TOO_LONG, 0xC0000106, ENAMETOOLONG,
       "the name is too long")
STATUS(NT_STATUS_FILES_OPEN, 0xC0000107, EBUSY, "files are still open")
STATUS(NT_STATUS_CONNECTION_IN_USE, 0xC0000108, EBUSY,
       "the connection is in use")
STATUS(NT_STATUS_TOO_MANY_OPENED_FILES, 0xC000011F, EMFILE,
       "too many open files")
STATUS(NT_STATUS_CANCELLED, 0xC0000120, ECANCELED,
       "the operation was cancelled")
STATUS(NT_STATUS_CANNOT_DELETE, 0xC0000121, EACCES,
       "the file cannot be deleted")
STATUS(NT_STATUS_FILE_DELETED, 0xC0000123, ENOENT,
       "the file was deleted meanwhile")
STATUS(NT_STATUS_FILE_CLOSED, 0xC0000128, EBADF, "the file is closed")
STATUS(NT_STATUS_TIME_DIFFERENCE_AT_DC, 0xC0000133, EACCES,
       "the clocks of client and server differ too much")
STATUS(NT_STATUS_LOCAL_DISCONNECT, 0xC000013B, ESHUTDOWN,
       "the connection was closed here")
STATUS(NT_STATUS_REMOTE_DISCONNECT, 0xC000013C, ECONNRESET,
       "the other side dropped the connection")
STATUS(NT_STATUS_LINK_TIMEOUT, 0xC000013F, ETIMEDOUT,
       "the connection timed out")
STATUS(NT_STATUS_INVALID_ADDRESS, 0xC0000141, EADDRNOTAVAIL,
       "the address is not valid")
STATUS(NT_STATUS_PIPE_BROKEN, 0xC000014B, EPIPE,
       "the other end of the pipe was closed")
STATUS(NT_STATUS_LOGON_TYPE_NOT_GRANTED, 0xC000015B, EACCES,
       "the user may not log on over the network")
STATUS(NT_STATUS_ILLEGAL_CHARACTER, 0xC0000161, EILSEQ,
       "the name contains a character that is not valid")
STATUS(NT_STATUS_INVALID_DEVICE_STATE, 0xC0000184, EINVAL,
       "the device is not in the right state")
STATUS(NT_STATUS_IO_DEVICE_ERROR, 0xC0000185, EIO, "input/output error")
STATUS(NT_STATUS_TRUSTED_DOMAIN_FAILURE, 0xC000018C, EACCES,
       "the trust to the domain failed")
STATUS(NT_STATUS_TRUSTED_RELATIONSHIP_FAILURE, 0xC000018D, EACCES,
       "the trust between machine and domain failed")
STATUS(NT_STATUS_TRUST_FAILURE, 0xC0000190, EACCES,
       "the trust between the domains failed")
STATUS(NT_STATUS_NETLOGON_NOT_STARTED, 0xC0000192, EHOSTUNREACH,
       "the logon service is not running")
STATUS(NT_STATUS_ACCOUNT_EXPIRED, 0xC0000193, EACCES, "the account has expired")
STATUS(NT_STATUS_FS_DRIVER_REQUIRED, 0xC000019C, EOPNOTSUPP,
       "this needs a driver of the file system")
STATUS(NT_STATUS_SHORT_NAMES_NOT_ENABLED_ON_VOLUME, 0xC000019F, EOPNOTSUPP,
       "the volume has no short names")
STATUS(NT_STATUS_INVALID_LOCK_RANGE, 0xC00001A1, EINVAL,
       "the range of the lock is not valid")
STATUS(NT_STATUS_NO_USER_SESSION_KEY, 0xC0000202, EACCES,
       "the session has no key")
STATUS(NT_STATUS_USER_SESSION_DELETED, 0xC0000203, ESTALE,
       "the session no longer exists")
STATUS(NT_STATUS_ADDRESS_ALREADY_EXISTS, 0xC000020A, EADDRINUSE,
       "the address is in use")
STATUS(NT_STATUS_ADDRESS_CLOSED, 0xC000020B, EADDRNOTAVAIL,
       "the address is not available")
STATUS(NT_STATUS_CONNECTION_DISCONNECTED, 0xC000020C, ECONNRESET,
       "the connection was closed")
STATUS(NT_STATUS_CONNECTION_RESET, 0xC000020D, ECONNRESET,
       "the connection was reset")
STATUS(NT_STATUS_PASSWORD_MUST_CHANGE, 0xC0000224, EACCES,
       "the password must be changed first")
STATUS(NT_STATUS_NOT_FOUND, 0xC0000225, ENOENT, "not found")
STATUS(NT_STATUS_DUPLICATE_OBJECTID, 0xC000022A, EEXIST,
       "the object identifier exists already")
STATUS(NT_STATUS_RETRY, 0xC000022D, EAGAIN, "try again")
STATUS(NT_STATUS_DOMAIN_CONTROLLER_NOT_FOUND, 0xC0000233, EHOSTUNREACH,
       "no domain controller was found")
STATUS(NT_STATUS_ACCOUNT_LOCKED_OUT, 0xC0000234, EACCES,
       "the account is locked after failed logons")
STATUS(NT_STATUS_CONNECTION_REFUSED, 0xC0000236, ECONNREFUSED,
       "the connection was refused")
STATUS(NT_STATUS_GRACEFUL_DISCONNECT, 0xC0000237, ESHUTDOWN,
       "the other side closed the connection")
STATUS(NT_STATUS_CONNECTION_INVALID, 0xC000023A, ENOTCONN,
       "there is no connection")
STATUS(NT_STATUS_NETWORK_UNREACHABLE, 0xC000023C, ENETUNREACH,
       "the network cannot be reached")
STATUS(NT_STATUS_HOST_UNREACHABLE, 0xC000023D, EHOSTUNREACH,
       "the host cannot be reached")
STATUS(NT_STATUS_PROTOCOL_UNREACHABLE, 0xC000023E, EPROTONOSUPPORT,
       "the host does not speak this protocol")
STATUS(NT_STATUS_PORT_UNREACHABLE, 0xC000023F, ECONNREFUSED,
       "nothing listens on this port")
STATUS(NT_STATUS_REQUEST_ABORTED, 0xC0000240, ECANCELED,
       "the request was aborted")
STATUS(NT_STATUS_CONNECTION_ABORTED, 0xC0000241, ECONNABORTED,
       "the connection was aborted")
STATUS(NT_STATUS_PATH_NOT_COVERED, 0xC0000257, EREMOTE,
       "the path is served elsewhere (DFS)")
STATUS(NT_STATUS_LICENSE_QUOTA_EXCEEDED, 0xC0000259, EUSERS,
       "no more licences are left")
STATUS(NT_STATUS_UNSUPPORTED_COMPRESSION, 0xC000025F, EPROTONOSUPPORT,
       "the compression method is not supported")
STATUS(NT_STATUS_TOO_MANY_LINKS, 0xC0000265, EMLINK,
       "too many links to the file")
STATUS(NT_STATUS_DFS_UNAVAILABLE, 0xC000026D, EHOSTUNREACH,
       "the DFS server is not available")
STATUS(NT_STATUS_VOLUME_DISMOUNTED, 0xC000026E, EIO, "the volume was unmounted")
STATUS(NT_STATUS_NO_MATCH, 0xC0000272, ENOENT, "nothing matches")
STATUS(NT_STATUS_NOT_A_REPARSE_POINT, 0xC0000275, EINVAL,
       "the file is not a reparse point")
STATUS(NT_STATUS_IO_REPARSE_TAG_INVALID, 0xC0000276, EINVAL,
       "the tag of the reparse point is not valid")
STATUS(NT_STATUS_IO_REPARSE_TAG_MISMATCH, 0xC0000277, EINVAL,
       "the reparse point has another tag")
STATUS(NT_STATUS_IO_REPARSE_DATA_INVALID, 0xC0000278, EINVAL,
       "the data of the reparse point is not valid")
STATUS(NT_STATUS_IO_REPARSE_TAG_NOT_HANDLED, 0xC0000279, EOPNOTSUPP,
       "nobody handles this kind of reparse point")
STATUS(NT_STATUS_REPARSE_POINT_NOT_RESOLVED, 0xC0000280, ELOOP,
       "the reparse point leads nowhere")
STATUS(NT_STATUS_DIRECTORY_IS_A_REPARSE_POINT, 0xC0000281, ENOTEMPTY,
       "the directory is a reparse point")
STATUS(NT_STATUS_ENCRYPTION_FAILED, 0xC000028A, EACCES, "encryption failed")
STATUS(NT_STATUS_DECRYPTION_FAILED, 0xC000028B, EACCES, "decryption failed")
STATUS(NT_STATUS_REPARSE_ATTRIBUTE_CONFLICT, 0xC00002B2, EINVAL,
       "reparse points and this attribute exclude each other")
STATUS(NT_STATUS_OBJECTID_NOT_FOUND, 0xC00002F0, ENOENT,
       "the file has no object identifier")
STATUS(NT_STATUS_KDC_UNKNOWN_ETYPE, 0xC00002FD, EACCES,
       "the KDC does not support the encryption type")
STATUS(NT_STATUS_PKINIT_FAILURE, 0xC0000320, EACCES,
       "the certificate logon failed")
STATUS(NT_STATUS_BAD_BINDINGS, 0xC000035B, EACCES,
       "the logon was made for another connection")
STATUS(NT_STATUS_NETWORK_SESSION_EXPIRED, 0xC000035C, EKEYEXPIRED,
       "the session has expired")
STATUS(NT_STATUS_SMARTCARD_WRONG_PIN, 0xC0000380, EACCES,
       "the PIN of the smart card is wrong")
STATUS(NT_STATUS_DOWNGRADE_DETECTED, 0xC0000388, EACCES,
       "somebody weakened the negotiation")
STATUS(NT_STATUS_COMPRESSION_DISABLED, 0xC0000426, EOPNOTSUPP,
       "compression is disabled on this volume")
STATUS(NT_STATUS_FILE_SYSTEM_LIMITATION, 0xC0000427, EFBIG,
       "a limit of the file system was reached")
STATUS(NT_STATUS_REQUEST_OUT_OF_SEQUENCE, 0xC000042A, EPROTO,
       "the request does not fit to what went before")
STATUS(NT_STATUS_NO_RANGES_PROCESSED, 0xC0000460, EINVAL,
       "none of the ranges could be processed")
STATUS(NT_STATUS_DEVICE_FEATURE_NOT_SUPPORTED, 0xC0000463, EOPNOTSUPP,
       "the device does not support this")
STATUS(NT_STATUS_INVALID_TOKEN, 0xC0000465, EINVAL, "the token is not valid")
STATUS(NT_STATUS_SERVER_UNAVAILABLE, 0xC0000466, EAGAIN,
       "the server is not available")
STATUS(NT_STATUS_FILE_NOT_AVAILABLE, 0xC0000467, EAGAIN,
       "the file is temporarily not available")
STATUS(NT_STATUS_NOT_REDUNDANT_STORAGE, 0xC0000479, EOPNOTSUPP,
       "the storage has no copies")
STATUS(NT_STATUS_COMPRESSED_FILE_NOT_SUPPORTED, 0xC000047B, EOPNOTSUPP,
       "compressed files are not supported")
STATUS(NT_STATUS_SHARE_UNAVAILABLE, 0xC0000480, EAGAIN,
       "the share is temporarily not available")
STATUS(NT_STATUS_CONTEXT_MISMATCH, 0xC0000719, EINVAL,
       "the security context does not fit")
STATUS(NT_STATUS_BAD_DATA, 0xC000090B, EBADMSG, "the data is malformed")
STATUS(NT_STATUS_INVALID_SIGNATURE, 0xC000A000, EBADMSG,
       "the signature of a message is wrong")
STATUS(NT_STATUS_AUTH_TAG_MISMATCH, 0xC000A002, EBADMSG,
       "an encrypted message was changed on its way")
STATUS(NT_STATUS_HASH_NOT_SUPPORTED, 0xC000A100, EOPNOTSUPP,
       "content hashes are not supported")
STATUS(NT_STATUS_HASH_NOT_PRESENT, 0xC000A101, ENODATA,
       "there is no content hash")
STATUS(NT_STATUS_OFFLOAD_READ_FILE_NOT_SUPPORTED, 0xC000A2A3, EOPNOTSUPP,
       "this file cannot be copied by the server")
STATUS(NT_STATUS_OFFLOAD_WRITE_FILE_NOT_SUPPORTED, 0xC000A2A4, EOPNOTSUPP,
       "this file cannot be written by the server")
STATUS(NT_STATUS_RPC_UNKNOWN_IF, 0xC0020012, EPROTONOSUPPORT,
       "the RPC interface is unknown")
STATUS(NT_STATUS_RPC_CALL_FAILED, 0xC002001B, EIO,
       "the remote procedure call failed")
STATUS(NT_STATUS_RPC_PROTOCOL_ERROR, 0xC002001D, EPROTO,
       "the remote procedure call was malformed")
STATUS(NT_STATUS_HANDLE_NO_LONGER_VALID, 0xC0190028, ESTALE,
       "what was open was lost with the connection")
STATUS(NT_STATUS_SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP, 0xC05D0000,
       EPROTONOSUPPORT, "no common preauthentication hash algorithm")
STATUS(NT_STATUS_SMB_BAD_CLUSTER_DIALECT, 0xC05D0001, EPROTONOSUPPORT,
       "the cluster needs another dialect")
