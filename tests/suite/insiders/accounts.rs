//! Names, roles and passwords of accounts: nobody becomes somebody else.
