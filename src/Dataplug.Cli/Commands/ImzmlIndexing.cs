using System.CommandLine;
using Dataplug.Formats;
using Dataplug.Formats.Imzml;

namespace Dataplug.Cli.Commands;

/// <summary>Options that say how an imzML data set is indexed.</summary>
internal sealed class ImzmlIndexing
{
    public Option<string?> Ibd { get; } = new("--ibd")
    {
        HelpName = "URI",
        Description = "imzML: the ibd, or its name in the document's folder. Default: the document's name with the ending .ibd or .IBD.",
    };

    public Option<bool> Statistics { get; } = new("--statistics")
    {
        Description = "imzML: one pass over the ibd for total ion currents, base peaks and m/z ranges; cutting processed data by m/z needs it.",
    };

    public Option<string?> Check { get; } = CreateCheck();

    /// <summary>The format with what was asked for.</summary>
    /// <exception cref="UsageException">It is another format.</exception>
    public DataFormat Apply(DataFormat format, ParseResult result)
    {
        var (ibd, statistics, check) = (result.GetValue(Ibd), result.GetValue(Statistics), result.GetValue(Check));
        if (ibd is null && !statistics && check is null)
            return format;
        return format is ImzmlFormat
            ? Imzml.With(new ImzmlOptions
            {
                Ibd = ibd,
                Statistics = statistics,
                Check = check switch
                {
                    "uuid" => ImzmlCheck.Uuid,
                    "checksum" => ImzmlCheck.Checksum,
                    _ => ImzmlCheck.Arrays,
                },
            })
            : throw new UsageException($"--ibd, --statistics and --check are for imzML; the object is of the format '{format.Id}'");
    }

    private static Option<string?> CreateCheck()
    {
        var check = new Option<string?>("--check") { HelpName = "WHAT", Description = "imzML: hold the ibd's 'uuid' or, reading all of it, its 'checksum' against the document." };
        check.AcceptOnlyFromAmong("uuid", "checksum");
        return check;
    }
}
