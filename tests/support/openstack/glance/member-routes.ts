import { getImage } from './image-access.ts';
import { glanceTime } from './images.ts';
import { type RouteRequest, type RouteResponse, Refusal, type Route } from '../server/route.ts';
import type { CloudState, ImageRecord } from '../cloud-state.ts';
import { decode, fields, text } from '../../../../src/model/decode.ts';

/** The routes for image members. */
export const memberRoutes: readonly Route[] = [
  { route: 'GET /image/v2/images/:id/members', answer: list },
  { route: 'POST /image/v2/images/:id/members', answer: add },
  { route: 'PUT /image/v2/images/:id/members/:project', answer: setStatus },
  { route: 'DELETE /image/v2/images/:id/members/:project', answer: remove },
];

const STATUSES = ['pending', 'accepted', 'rejected'];

const getVisible = (request: RouteRequest, cloud: CloudState): ImageRecord =>
  getImage(request, cloud, (id) => `Image ${id} not found.`);

function refuse(verb: string, { id }: ImageRecord, why = '.'): Refusal {
  return new Refusal(403, `Not allowed to ${verb} members for image ${id}${why}`);
}

function show(image: ImageRecord, projectId: string, status: string, cloud: CloudState): unknown {
  const now = glanceTime(cloud.clock.now());
  return {
    member_id: projectId,
    image_id: image.id,
    status,
    created_at: now,
    updated_at: now,
    schema: '/v2/schemas/member',
  };
}

/** Lists the members of an image. A member sees only itself. */
function list(request: RouteRequest, cloud: CloudState): RouteResponse {
  const image = getVisible(request, cloud);
  if (image.visibility !== 'shared') throw refuse('list', image, ': Only shared images have members.');
  const { projectId } = request.login;
  const members = [...(cloud.members.get(image.id) ?? [])]
    .filter(([member]) => image.owner === projectId || member === projectId)
    .map(([member, status]) => show(image, member, status, cloud));
  return { status: 200, body: { members, schema: '/v2/schemas/members' } };
}

async function add(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const image = getVisible(request, cloud);
  const { member } = decode(
    fields({ member: text }),
    await request.json(),
    '',
    (problems) => new Refusal(400, problems.join('; ')),
  );
  if (image.visibility !== 'shared' || image.owner !== request.login.projectId) throw refuse('create', image);
  const members = cloud.members.get(image.id) ?? new Map<string, string>();
  if (members.has(member)) {
    throw new Refusal(409, `Member ${member} is duplicated for image ${image.id}`);
  }
  cloud.members.set(image.id, members.set(member, 'pending'));
  return { status: 200, body: show(image, member, 'pending', cloud) };
}

async function setStatus(request: RouteRequest, cloud: CloudState): Promise<RouteResponse> {
  const image = getVisible(request, cloud);
  const { project = '' } = request.params;
  const { status } = decode(
    fields({ status: text }),
    await request.json(),
    '',
    (problems) => new Refusal(400, problems.join('; ')),
  );
  const members = cloud.members.get(image.id);
  if (request.login.projectId !== project || members?.has(project) !== true) throw refuse('update', image);
  if (!STATUSES.includes(status)) {
    throw new Refusal(400, 'Incorrect request: Status must be "pending", "accepted" or "rejected".');
  }
  members.set(project, status);
  return { status: 200, body: show(image, project, status, cloud) };
}

function remove(request: RouteRequest, cloud: CloudState): RouteResponse {
  const image = getVisible(request, cloud);
  const { project = '' } = request.params;
  if (image.owner !== request.login.projectId) throw refuse('delete', image);
  if (cloud.members.get(image.id)?.delete(project) !== true) {
    throw new Refusal(404, `${project} not found in the member list of the image ${image.id}.`);
  }
  return { status: 204 };
}
