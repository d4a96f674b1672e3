namespace Dataplug.Cli.Terminals;

/// <summary>Whoever read the standard output closed it, as <c>head</c> does when it has seen enough.</summary>
internal sealed class OutputClosedException(Exception innerException) : IOException("The reader of the standard output closed it.", innerException);
