namespace Dataplug.Formats.Geo.Laz;

/// <summary>A layer: one field of all points of a chunk, compressed by itself.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="At">Where the field is in a point record, in bytes; of POINT14, the number of the layer.</param>
/// <param name="Length">Bytes of the field.</param>
/// <param name="Field">The flag by which it is asked for.</param>
/// <param name="Version4">Whether its item is of version 4.</param>
internal readonly record struct Layer(LayerKind Kind, int At, int Length, LazFields Field, bool Version4)
{
    /// <summary>Codes the field of all points.</summary>
    /// <param name="coder">The direction.</param>
    /// <param name="arena">Where models are made.</param>
    /// <param name="records">The point records.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="stride">Bytes of one.</param>
    /// <param name="points">What the first layer found of each point, which the others go by.</param>
    /// <param name="times">What was learnt of times, for each scanner channel.</param>
    public unsafe void Code<TCoder>(ref TCoder coder, ModelArena arena, byte* records, int count, int stride, PointContext* points, GpsTimeSequences[] times)
        where TCoder : ILayerCoder
    {
        var field = records + At;
        switch (Kind)
        {
            case LayerKind.Point when At == 0:
                PointLayers.Positions(ref coder, arena, records, count, stride, Version4, points);
                break;
            case LayerKind.Point:
                PointLayers.Code(At, ref coder, arena, records, count, stride, points, times);
                break;
            case LayerKind.Colours:
                OtherLayers.Colours(ref coder, arena, field, count, stride, Version4, points);
                break;
            case LayerKind.Infrared:
                OtherLayers.Infrared(ref coder, arena, field, count, stride, Version4, points);
                break;
            case LayerKind.Packet:
                OtherLayers.Packets(ref coder, arena, field, count, stride, Version4, points);
                break;
            default:
                OtherLayers.ExtraByte(ref coder, arena, field, count, stride, Version4, points);
                break;
        }
    }
}

/// <summary>What a layer is.</summary>
internal enum LayerKind
{
    Point,
    Colours,
    Infrared,
    Packet,
    ExtraByte,
}

/// <summary>The layers of a chunk's items, in the order in which a chunk has them.</summary>
internal sealed class LayeredItems
{
    private static readonly LazFields[] PointFields =
    [
        LazFields.XyReturns, LazFields.Z, LazFields.Classification, LazFields.Flags, LazFields.Intensity, LazFields.ScanAngle, LazFields.UserData,
        LazFields.PointSource, LazFields.GpsTime,
    ];

    public LayeredItems(LazVlr vlr)
    {
        var layers = new List<Layer>();
        var at = 0;
        foreach (var item in vlr.Items)
        {
            var version4 = item.Version == 4;
            switch (item.Type)
            {
                case LazItemType.Point14:
                    Version4 = version4;
                    for (var i = 0; i < PointLayers.Count; i++)
                        layers.Add(new Layer(LayerKind.Point, i, 0, PointFields[i], version4));
                    break;
                case LazItemType.Rgb14:
                    layers.Add(new Layer(LayerKind.Colours, at, 6, LazFields.Rgb, version4));
                    break;
                case LazItemType.RgbNir14:
                    layers.Add(new Layer(LayerKind.Colours, at, 6, LazFields.Rgb, version4));
                    layers.Add(new Layer(LayerKind.Infrared, at + 6, 2, LazFields.Nir, version4));
                    break;
                case LazItemType.WavePacket14:
                    layers.Add(new Layer(LayerKind.Packet, at, WavePacketModels.Length, LazFields.WavePacket, version4));
                    break;
                case LazItemType.Byte14:
                    for (var i = 0; i < item.Size; i++)
                        layers.Add(new Layer(LayerKind.ExtraByte, at + i, 1, LazFields.ExtraBytes, version4));
                    break;
            }
            at += item.Size;
        }
        Layers = [.. layers];
    }

    public Layer[] Layers { get; }

    /// <summary>Whether POINT14 is of version 4.</summary>
    public bool Version4 { get; }

    /// <summary>Bytes of a chunk before its first layer: a point that is not compressed, the number of points, and the layers' lengths.</summary>
    /// <param name="recordLength">Bytes of a point record.</param>
    public int HeadLength(int recordLength) => recordLength + 4 + 4 * Layers.Length;
}
