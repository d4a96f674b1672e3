using ScottPlot;

namespace Dataplug.Lithops.Plots;

/// <summary>How phases look. The colours are those of Okabe and Ito, which people see apart with any kind of colour blindness; greys for waiting.</summary>
internal static class PhaseStyle
{
    public static Color Color(Phase phase) => new(phase switch
    {
        Phase.Queued => "#DDDDDD",
        Phase.Code => "#E69F00",
        Phase.Input => "#56B4E9",
        Phase.Run => "#009E73",
        Phase.Output => "#CC79A7",
        Phase.Transport => "#999999",
        Phase.Failed => "#D55E00",
        _ => "#0072B2",
    });

    public static string Name(Phase phase) => phase switch
    {
        Phase.Queued => "queued",
        Phase.Code => "code",
        Phase.Input => "input",
        Phase.Run => "run",
        Phase.Output => "output",
        Phase.Transport => "to and from worker",
        Phase.Failed => "failed attempt",
        _ => "cancelled attempt",
    };
}
