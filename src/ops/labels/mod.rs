//! Labels as a spreadsheet, for people who translate: written from the files of a config, and read back into them.

pub mod csv_sheet;
pub mod export;
pub mod grid;
pub mod import;
pub mod marks;
pub mod rows;
pub mod trial;
pub mod xlsx_sheet;
