/*
 * Parameters of each EC2 action as on the wire, from the request shapes of client-ec2 3.1169. The notation is that of
 * `parseShape`. A test compares the table with the installed SDK.
 */
const filter = "Filter[]{Name Value[]}";
const paging = "MaxResults:n NextToken";
const tagging = "TagSpecification[]{ResourceType Tag[]{Key Value}}";
const permissions =
  "IpPermissions[]{IpProtocol FromPort:n ToPort:n Groups[]{Description UserId GroupName GroupId VpcId VpcPeeringConnectionId PeeringStatus} IpRanges[]{Description CidrIp} Ipv6Ranges[]{Description CidrIpv6} PrefixListIds[]{Description PrefixListId}}";

/** Parameters by action. */
export const ec2Parameters = {
  DescribeInstances: `InstanceId[] IncludeManagedResources:b DryRun:b ${filter} ${paging}`,
  DescribeInstanceAttribute: "InstanceId! Attribute! DryRun:b",
  ModifyInstanceAttribute:
    "InstanceId! SourceDestCheck{Value:b} EnclaveOptions{Enabled:b} DisableApiStop{Value:b} DryRun:b Attribute Value BlockDeviceMapping[]{DeviceName Ebs{VolumeId DeleteOnTermination:b} VirtualName NoDevice} DisableApiTermination{Value:b} InstanceType{Value} Kernel{Value} Ramdisk{Value} UserData{Value} InstanceInitiatedShutdownBehavior{Value} GroupId[] EbsOptimized{Value:b} SriovNetSupport{Value} EnaSupport{Value:b}",
  DescribeInstanceTypes: `DryRun:b InstanceType[] ${filter} IncludeUnsupportedInRegion:b ${paging}`,
  DescribeInstanceStatus: `InstanceId[] IncludeManagedResources:b DryRun:b ${filter} IncludeAllInstances:b ${paging}`,
  DescribeVolumes: `VolumeId[] IncludeManagedResources:b DryRun:b ${filter} ${paging}`,
  DeleteVolume: "VolumeId! DryRun:b",
  DetachVolume: "VolumeId! Device Force:b InstanceId DryRun:b",
  AttachVolume: "Device! InstanceId! VolumeId! EbsCardIndex:n DryRun:b",
  DescribeNetworkInterfaces: `IncludeManagedResources:b DryRun:b NetworkInterfaceId[] ${filter} ${paging}`,
  ModifyNetworkInterfaceAttribute:
    "NetworkInterfaceId! EnaSrdSpecification{EnaSrdEnabled:b EnaSrdUdpSpecification{EnaSrdUdpEnabled:b}} EnablePrimaryIpv6:b ConnectionTrackingSpecification{TcpEstablishedTimeout:n UdpStreamTimeout:n UdpTimeout:n} AssociatePublicIpAddress:b AssociatedSubnetId[] DryRun:b Description{Value} SourceDestCheck{Value:b} SecurityGroupId[] Attachment{DefaultEnaQueueCount:b EnaQueueCount:n AttachmentId DeleteOnTermination:b}",
  DeleteNetworkInterface: "NetworkInterfaceId! DryRun:b",
  DescribeAddresses: `PublicIp[] DryRun:b ${filter} AllocationId[]`,
  DisassociateAddress: "AssociationId PublicIp DryRun:b",
  AssociateAddress:
    "AllocationId InstanceId PublicIp DryRun:b NetworkInterfaceId PrivateIpAddress AllowReassociation:b",
  AllocateAddress: `Domain Address PublicIpv4Pool NetworkBorderGroup CustomerOwnedIpv4Pool ${tagging} IpamPoolId DryRun:b`,
  ReleaseAddress: "AllocationId PublicIp NetworkBorderGroup DryRun:b",
  DescribeSecurityGroups: `GroupId[] GroupName[] DryRun:b ${filter} ${paging}`,
  DescribeSecurityGroupRules: `${filter} SecurityGroupRuleId[] DryRun:b ${paging}`,
  RevokeSecurityGroupIngress: `CidrIp FromPort:n GroupId GroupName ${permissions} IpProtocol SourceSecurityGroupName SourceSecurityGroupOwnerId ToPort:n SecurityGroupRuleId[] DryRun:b`,
  RevokeSecurityGroupEgress: `GroupId! SecurityGroupRuleId[] DryRun:b SourceSecurityGroupName SourceSecurityGroupOwnerId IpProtocol FromPort:n ToPort:n CidrIp ${permissions}`,
  AuthorizeSecurityGroupIngress: `CidrIp FromPort:n GroupId GroupName ${permissions} IpProtocol SourceSecurityGroupName SourceSecurityGroupOwnerId ToPort:n ${tagging} DryRun:b`,
  AuthorizeSecurityGroupEgress: `GroupId! ${tagging} DryRun:b SourceSecurityGroupName SourceSecurityGroupOwnerId IpProtocol FromPort:n ToPort:n CidrIp ${permissions}`,
  CreateSecurityGroup: `GroupDescription! GroupName! VpcId ${tagging} DryRun:b`,
  DeleteSecurityGroup: "GroupId GroupName DryRun:b",
  DescribeSecurityGroupReferences: "GroupId[]! DryRun:b",
  DescribeSecurityGroupVpcAssociations: `${filter} DryRun:b ${paging}`,
  DescribeSnapshots: `Owner[] RestorableBy[] SnapshotId[] DryRun:b ${filter} ${paging}`,
  CreateSnapshots: `InstanceSpecification{InstanceId! ExcludeBootVolume:b ExcludeDataVolumeId[]}! Description OutpostArn ${tagging} DryRun:b CopyTagsFromSource Location`,
  CreateSnapshot: `VolumeId! Description OutpostArn ${tagging} Location DryRun:b`,
  DeleteSnapshot: "SnapshotId! DryRun:b",
  DescribeImages: `ExecutableBy[] ImageId[] Owner[] IncludeDeprecated:b IncludeDisabled:b DryRun:b ${filter} ${paging}`,
  DeregisterImage: "ImageId! DeleteAssociatedSnapshots:b DryRun:b",
  DescribeSpotInstanceRequests: `DryRun:b SpotInstanceRequestId[] ${filter} ${paging}`,
  CancelSpotInstanceRequests: "SpotInstanceRequestId[]! DryRun:b",
  DescribeRouteTables: `DryRun:b RouteTableId[] ${filter} ${paging}`,
  DescribeKeyPairs: `KeyName[] KeyPairId[] IncludePublicKey:b DryRun:b ${filter}`,
  DescribeIamInstanceProfileAssociations: `AssociationId[] ${filter} ${paging}`,
  DescribePlacementGroups: `GroupId[] DryRun:b GroupName[] ${filter}`,
  DescribeHosts: `HostId[] ${filter} ${paging}`,
  DescribeCapacityReservations: `CapacityReservationId[] ${filter} DryRun:b ${paging}`,
  DescribeReservedInstances: `OfferingClass ReservedInstancesId[] DryRun:b ${filter} OfferingType`,
  DescribeVpcs: `${filter} VpcId[] DryRun:b ${paging}`,
  DescribeSubnets: `${filter} SubnetId[] DryRun:b ${paging}`,
  DescribeVpcPeeringConnections: `DryRun:b VpcPeeringConnectionId[] ${filter} ${paging}`,
  DescribeLaunchTemplates: `DryRun:b LaunchTemplateId[] LaunchTemplateName[] ${filter} IncludeManagedResources:b ${paging}`,
  DescribeLaunchTemplateVersions: `DryRun:b LaunchTemplateId LaunchTemplateName LaunchTemplateVersion[] MinVersion MaxVersion ${filter} ResolveAlias:b IncludeManagedResources:b ${paging}`,
  CreateTags: "ResourceId[]! Tag[]{Key Value}! DryRun:b",
  DeleteTags: "ResourceId[]! DryRun:b Tag[]{Key Value}",
  DescribeTags: `DryRun:b ${filter} ${paging}`,
  StopInstances: "InstanceId[]! Hibernate:b SkipOsShutdown:b DryRun:b Force:b",
  StartInstances: "InstanceId[]! AdditionalInfo DryRun:b",
  TerminateInstances: "InstanceId[]! Force:b SkipOsShutdown:b DryRun:b",
  DescribeReplaceRootVolumeTasks: `ReplaceRootVolumeTaskId[] ${filter} DryRun:b ${paging}`,
  DescribeInstanceEventWindows: `DryRun:b InstanceEventWindowId[] ${filter} ${paging}`,
  DescribeTrafficMirrorSessions: `TrafficMirrorSessionId[] DryRun:b ${filter} ${paging}`,
  DescribeTrafficMirrorTargets: `TrafficMirrorTargetId[] DryRun:b ${filter} ${paging}`,
  DescribeFlowLogs: `DryRun:b ${filter} FlowLogId[] ${paging}`,
  DescribeManagedPrefixLists: `DryRun:b ${filter} PrefixListId[] ${paging}`,
  GetManagedPrefixListEntries: `PrefixListId! DryRun:b TargetVersion:n ${paging}`,
  ListVolumesInRecycleBin: `VolumeId[] DryRun:b ${paging}`,
  ListSnapshotsInRecycleBin: `SnapshotId[] DryRun:b ${paging}`,
  ListImagesInRecycleBin: `ImageId[] DryRun:b ${paging}`,
  RestoreVolumeFromRecycleBin: "VolumeId! DryRun:b",
  RestoreSnapshotFromRecycleBin: "SnapshotId! DryRun:b",
  RestoreImageFromRecycleBin: "ImageId! DryRun:b",
  GetManagedResourceVisibility: "DryRun:b",
} as const;
