//! `org.bluez.AgentManager1`.

use std::sync::Arc;

use zbus::message::Header;
use zbus::{ObjectPath, interface};

use super::{BluezError, client};
use crate::ble::stack::Stack;

pub(crate) struct AgentManager1 {
    pub(crate) stack: Arc<Stack>,
}

#[interface(name = "org.bluez.AgentManager1", introspection_docs = false)]
impl AgentManager1 {
    async fn register_agent(
        &self,
        agent: ObjectPath<'_>,
        _capability: &str,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), BluezError> {
        let new = self.stack.agents().register(&client(&header), agent.as_str());
        if new { Ok(()) } else { Err(BluezError::AlreadyExists) }
    }

    async fn request_default_agent(
        &self,
        _agent: ObjectPath<'_>,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), BluezError> {
        let known = self.stack.agents().make_default(&client(&header));
        if known { Ok(()) } else { Err(BluezError::DoesNotExist) }
    }

    async fn unregister_agent(
        &self,
        _agent: ObjectPath<'_>,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<(), BluezError> {
        let known = self.stack.agents().unregister(&client(&header));
        if known { Ok(()) } else { Err(BluezError::DoesNotExist) }
    }
}
