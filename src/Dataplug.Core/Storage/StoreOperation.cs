namespace Dataplug.Storage;

/// <summary>The kinds of requests that are counted.</summary>
public enum StoreOperation
{
    /// <summary>Asking for an object's state.</summary>
    Head,

    /// <summary>Reading a range or a whole object (GET); a resumed read counts again.</summary>
    Read,

    /// <summary>Writing a whole object.</summary>
    Put,

    /// <summary>Beginning an upload in parts.</summary>
    CreateMultipart,

    /// <summary>Sending one part.</summary>
    UploadPart,

    /// <summary>Putting the parts together.</summary>
    CompleteMultipart,

    /// <summary>Throwing parts away.</summary>
    AbortMultipart,

    /// <summary>Listing; one for every thousand keys.</summary>
    List,

    /// <summary>Deleting up to a thousand objects.</summary>
    Delete,

    /// <summary>Copying inside the store.</summary>
    Copy,

    /// <summary>Making a container.</summary>
    CreateContainer,
}
