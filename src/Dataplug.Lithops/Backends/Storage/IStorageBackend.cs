namespace Dataplug.Lithops.Backends.Storage;

/// <summary>A backend whose jobs go through storage, and can be found there by another process.</summary>
internal interface IStorageBackend : IExecutorBackend
{
    StorageJobs Jobs { get; }
}
