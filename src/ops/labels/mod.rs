//! Labels as a spreadsheet for translators: exported from the files of a config, and imported back.

pub mod csv_sheet;
pub mod export;
pub mod grid;
pub mod import;
pub mod marks;
pub mod rows;
pub mod trial;
pub mod xlsx_sheet;
