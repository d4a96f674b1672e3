namespace Dataplug.Cli;

/// <summary>The exit codes of the tool; docs/cli.md lists them.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The work failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C (128 + SIGINT, as a shell says it).</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever read the standard output closed it (128 + SIGPIPE).</summary>
    public const int OutputClosed = 141;

    /// <summary>Stopped by SIGTERM (128 + SIGTERM).</summary>
    public const int Terminated = 143;
}
