//! Substitute for the native clipboard in builds without it: all operations fail.

use super::ChannelError;

#[derive(Default)]
pub(super) struct Native(());

#[expect(clippy::unused_async, reason = "same signatures as the native implementation")]
impl Native {
    pub(super) async fn set(&mut self, _: &str, _: bool) -> Result<(), ChannelError> {
        Err(ChannelError::NotBuilt)
    }

    pub(super) async fn clear(&mut self, _: [u8; 32]) -> Result<bool, ChannelError> {
        Err(ChannelError::NotBuilt)
    }
}
